"""Microsoft Defender XDR and Defender for Endpoint as a data source."""
