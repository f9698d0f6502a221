"""Searching MySQL and MariaDB."""
