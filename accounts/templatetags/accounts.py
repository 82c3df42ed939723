from __future__ import annotations

from django import template

register = template.Library()

# Looked for in this order: a browser also bears the names of those it descends from.
NAVIGATEURS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMES = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@register.filter
def appareil(user_agent: str) -> str:
    """What a person calls their device: « Firefox, Windows »."""
    noms = [
        next((nom for signe, nom in signes.items() if signe in user_agent), None)
        for signes in (NAVIGATEURS, SYSTEMES)
    ]
    return ", ".join(nom for nom in noms if nom) or "Appareil inconnu"
