"""Azure Monitor Logs (Log Analytics) and Microsoft Sentinel's tables as a data source."""
