"""What every test needs before torch is imported."""

import os
import tempfile

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command line does: waiting threads sleep
os.environ["GNAS_CACHE"] = tempfile.mkdtemp(prefix="gnas-tests-")  # tests leave nothing in the user's own cache
