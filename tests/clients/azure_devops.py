"""Lists the projects of an organization as `az devops project list` does: the token comes from AZURE_DEVOPS_EXT_PAT, and
goes as the password of a user without a name (azext_devops/dev/common/services.py of Azure/azure-devops-cli-extension).
"""

import os
import sys

from azure.devops.connection import Connection
from msrest.authentication import BasicAuthentication

credentials = BasicAuthentication("", os.environ["AZURE_DEVOPS_EXT_PAT"])
connection = Connection(base_url=sys.argv[1], creds=credentials, user_agent="adieu-test")
client = connection.get_client("azure.devops.v7_1.core.core_client.CoreClient")
for project in client.get_projects(top=100, skip=0):
    print(project.name)
