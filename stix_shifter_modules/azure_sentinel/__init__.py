"""Alerts and incidents of Microsoft Sentinel and Defender XDR as a data source."""
