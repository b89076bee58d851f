"""The process inside a local execution environment: Lambda's own Python runtime, which ends with the local cloud.

python -m infra.local.lambda_bootstrap HANDLER
"""

import sys

from awslambdaric.__main__ import main

from infra.local.processes import hold_lifeline

if __name__ == "__main__":
    hold_lifeline()
    main(sys.argv)
