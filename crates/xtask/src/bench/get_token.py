"""Gets one token with the Azure SDK: by the service connection of a job, or else by a managed identity."""

from os import environ

from azure import identity

job_token = environ.get("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN")
if job_token:
    credential = identity.AzurePipelinesCredential(
        tenant_id=environ["TENANT"],
        client_id=environ["CLIENT"],
        service_connection_id=environ["CONNECTION"],
        system_access_token=job_token,
        authority=environ["AUTHORITY"],
        disable_instance_discovery=True,
    )
else:
    credential = identity.ManagedIdentityCredential()
credential.get_token("499b84ac-1321-427f-aa17-267ca6975798/.default")
