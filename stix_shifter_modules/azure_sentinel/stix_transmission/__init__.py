"""Searching by Microsoft Graph."""
