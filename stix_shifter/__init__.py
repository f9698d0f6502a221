"""stix-shifter: one STIX pattern asked of many security products, and one STIX bundle back.

`stix_shifter.stix_translation` and `stix_shifter.stix_transmission` are the Python API.
"""
