"""Amazon Athena: Security Lake (OCSF), VPC flow logs and GuardDuty findings."""
