"""Patterns and rows of MySQL and MariaDB."""
