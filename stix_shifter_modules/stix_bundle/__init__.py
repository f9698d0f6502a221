"""STIX bundles as a data source."""
