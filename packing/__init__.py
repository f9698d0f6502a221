"""How the distributions are built: by `setup.py`, and by `python -m build` and pip through `backend.py`.

Nothing of the product is imported here, only read as files, and nothing is needed beyond Python itself: so a
build installs nothing, leaves nothing behind, and gives the same bytes whichever tools a machine has. No
wheel holds it.
"""
