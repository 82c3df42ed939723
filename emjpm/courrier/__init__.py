"""The mails of a demonstration, which leave no machine, read in the site. Never in production."""
