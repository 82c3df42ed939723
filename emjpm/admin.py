from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib.admin import AdminSite


class EmjpmAdminSite(AdminSite):
    """The Django admin under the product's name, behind the site's own login and its throttling."""

    site_header = settings.PRODUCT_NAME
    site_title = settings.PRODUCT_NAME
    index_title = "Administration"
    login = secure_admin_login(AdminSite.login)
