# SPDX-License-Identifier: BSD-2-Clause
"""Microsoft's management libraries for Python, as Debian has them (python3-azure), at the service
that ARM names: every resource type by its id, long-running operations followed by the library's
own polling, resource groups, providers, subscriptions, roles.  Run by azure_test.js."""
import base64
import os
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.authorization.v2022_04_01 import AuthorizationManagementClient
from azure.mgmt.authorization.v2022_04_01.models import RoleAssignmentCreateParameters
from azure.mgmt.resource import ResourceManagementClient, SubscriptionClient

ARM = os.environ["ARM"]
DEVICE = os.environ["DEVICE"]
VERSION = "2024-04-01"
SUBSCRIPTION = "00000000-0000-0000-0000-0000000000c3"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/kitchen"
CATALOG = f"{GROUP}/providers/Microsoft.AzureSphere/catalogs/contoso"
PRODUCT = f"{CATALOG}/products/Dishwasher"
FIELD = f"{PRODUCT}/deviceGroups/Field Test"
IMAGE = "b5a1c0de-0001-4000-8000-000000000001"
# As on a quick network: the library waits as long as Retry-After says, at least this.
FAST = {"polling_interval": 0.05}


class Token:
    """A credential with one token; the recorder in front of the service drops it."""

    def get_token(self, *scopes, **kwargs):
        return AccessToken("not-looked-at", int(time.time()) + 3600)


def client_of(kind, *words):
    return kind(Token(), *words, base_url=ARM, credential_scopes=[ARM + "/.default"])


def refused(kind, code, call, *words, **named):
    try:
        call(*words, **named)
    except kind as error:
        assert error.error.code == code, error
        return
    raise AssertionError(f"{call} {words} was not refused")


def groups(client):
    made = client.resource_groups
    assert made.check_existence("kitchen") is False
    group = made.create_or_update("kitchen", {"location": "westeurope", "tags": {"site": "north"}})
    assert group.id == GROUP and group.properties.provisioning_state == "Succeeded"
    assert made.check_existence("Kitchen") is True
    assert made.update("kitchen", {"tags": {"site": "south"}}).tags == {"site": "south"}
    made.create_or_update("hall", {"location": "global"})
    assert [one.name for one in made.list()] == ["kitchen", "hall"]
    assert [one.name for one in made.list(filter="name eq 'hall'")] == ["hall"]
    assert [one.name for one in made.list(top=1)] == ["kitchen"]
    refused(ResourceExistsError, "Conflict", made.create_or_update, "kitchen", {"location": "eastus"})
    made.begin_delete("hall", **FAST).result()
    refused(ResourceNotFoundError, "ResourceNotFound", made.get, "hall")


def resource_types(client):
    by_id = client.resources
    put = lambda where, body: by_id.begin_create_or_update_by_id(where, VERSION, body, **FAST).result()
    patch = lambda where, body: by_id.begin_update_by_id(where, VERSION, body, **FAST).result()
    remove = lambda where: by_id.begin_delete_by_id(where, VERSION, **FAST).result()
    get = lambda where: by_id.get_by_id(where, VERSION)

    catalog = put(CATALOG, {"location": "global", "tags": {"a": "b"}})
    assert catalog.name == "contoso" and catalog.properties["provisioningState"] == "Succeeded"
    assert patch(CATALOG, {"tags": {"a": "c"}}).tags == {"a": "c"}
    put(PRODUCT, {"properties": {"description": "DW100"}})
    assert patch(PRODUCT, {"properties": {"description": "DW101"}}).properties["description"] == "DW101"
    put(FIELD, {"properties": {"osFeedType": "RetailEval"}})
    assert get(FIELD).properties["osFeedType"] == "RetailEval"
    with open(os.environ["IMAGE"], "rb") as file:
        image = base64.b64encode(file.read()).decode()
    stored = put(f"{CATALOG}/images/{IMAGE}", {"properties": {"image": image}})
    assert stored.properties["imageId"] == IMAGE
    deployment = put(f"{FIELD}/deployments/.default", {"properties": {"deployedImages": [{"properties": {"imageId": IMAGE}}]}})
    assert put(f"{FIELD}/devices/{DEVICE}", {"properties": {}}).name == DEVICE
    moved = patch(f"{FIELD}/devices/{DEVICE}",
                  {"properties": {"deviceGroupId": f"{PRODUCT}/deviceGroups/.default".replace("Dishwasher", ".default")}})
    assert "/.default/devices/" in moved.id
    assert get(f"{CATALOG}/certificates/.default").properties["status"] == "Active"

    for where in (CATALOG, PRODUCT, FIELD, f"{CATALOG}/images/{IMAGE}"):
        assert by_id.check_existence_by_id(where, VERSION) is True
    assert by_id.check_existence_by_id(f"{CATALOG}/products/Other", VERSION) is False
    for found in (by_id.list(), by_id.list(filter="resourceType eq 'Microsoft.AzureSphere/catalogs'"),
                  by_id.list(filter="location eq 'global'"), by_id.list_by_resource_group("KITCHEN")):
        assert [one.id for one in found] == [CATALOG]
    assert not list(by_id.list(filter="resourceType eq 'Microsoft.Web/sites'"))
    assert len(list(by_id.list(filter="tagName eq 'a' and tagValue eq 'c'"))) == 1
    assert not list(by_id.list(filter="tagName eq 'a' and tagValue eq 'b'"))

    refused(ResourceExistsError, "Conflict", remove, f"{CATALOG}/images/{IMAGE}")
    refused(HttpResponseError, "Conflict", client.resource_groups.begin_delete("kitchen", **FAST).result)
    put(f"{FIELD}/deployments/.default", {"properties": {"deployedImages": []}})
    remove(f"{FIELD}/deployments/{deployment.name}")
    remove(f"{CATALOG}/images/{IMAGE}")
    remove(FIELD)
    remove(PRODUCT)
    remove(PRODUCT)  # again: nothing there is success
    refused(ResourceNotFoundError, "ResourceNotFound", get, PRODUCT)
    refused(HttpResponseError, "InvalidApiVersionParameter", by_id.get_by_id, CATALOG, "2021-01-01")
    refused(HttpResponseError, "InvalidResourceName", put, f"{CATALOG}/products/x", {})


def around(client):
    names = [one.namespace for one in client.providers.list()]
    assert "Microsoft.AzureSphere" in names and "Microsoft.Authorization" in names
    provider = client.providers.get("Microsoft.AzureSphere")
    assert any(kind.resource_type == "catalogs" and VERSION in kind.api_versions for kind in provider.resource_types)
    assert client.providers.register("Microsoft.AzureSphere").registration_state == "Registered"
    assert [one.namespace for one in client.providers.list_at_tenant_scope()] == names
    subscriptions = client_of(SubscriptionClient)
    assert SUBSCRIPTION in [one.subscription_id for one in subscriptions.subscriptions.list()]
    assert subscriptions.subscriptions.get(SUBSCRIPTION).state == "Enabled"
    assert [one.name for one in subscriptions.subscriptions.list_locations(SUBSCRIPTION)] == ["global"]
    assert len(list(subscriptions.tenants.list())) == 1


def roles():
    client = client_of(AuthorizationManagementClient, SUBSCRIPTION)
    scopes = [f"/subscriptions/{SUBSCRIPTION}", GROUP, CATALOG]
    reader = next(iter(client.role_definitions.list(GROUP, filter="roleName eq 'Azure Sphere Reader'")))
    assert client.role_definitions.get(GROUP, reader.name).role_name == "Azure Sphere Reader"
    assert len(list(client.role_definitions.list(CATALOG))) == 4
    for number, scope in enumerate(scopes):
        name = f"00000000-0000-0000-0000-00000000000{number}"
        parameters = RoleAssignmentCreateParameters(role_definition_id=reader.id, principal_id=f"certificate:n{number}", principal_type="User")
        made = client.role_assignments.create(scope, name, parameters)
        assert made.scope == scope and client.role_assignments.get(scope, name).principal_id == f"certificate:n{number}"
        refused(ResourceExistsError, "RoleAssignmentExists", client.role_assignments.create, scope,
                "00000000-0000-0000-0000-0000000000ff", parameters)
    who = lambda found: sorted(one.principal_id for one in found if "certificate:n" in one.principal_id)
    assert who(client.role_assignments.list_for_subscription()) == ["certificate:n0", "certificate:n1", "certificate:n2"]
    assert who(client.role_assignments.list_for_resource_group("kitchen", filter="atScope()")) == ["certificate:n0", "certificate:n1"]
    assert who(client.role_assignments.list_for_scope(CATALOG, filter="principalId eq 'certificate:n1'")) == ["certificate:n1"]
    assert who(client.role_assignments.list_for_scope(CATALOG, filter="assignedTo('certificate:n2')")) == ["certificate:n2"]
    for number, scope in enumerate(scopes):
        client.role_assignments.delete(scope, f"00000000-0000-0000-0000-00000000000{number}")
    assert who(client.role_assignments.list_for_subscription()) == []


def main():
    client = client_of(ResourceManagementClient, SUBSCRIPTION)
    groups(client)
    resource_types(client)
    around(client)
    roles()
    brief = f"{GROUP}/providers/Microsoft.AzureSphere/catalogs/brief".replace("kitchen", "porch")
    client.resources.begin_create_or_update_by_id(brief, VERSION, {"location": "global"}, **FAST).result()
    client.resource_groups.begin_delete("porch", **FAST).result()
    assert client.resource_groups.check_existence("porch") is False
    refused(ResourceNotFoundError, "ResourceNotFound", client.resources.get_by_id, brief, VERSION)
    # a device stays in its catalog, and so does the catalog in its group
    refused(ResourceExistsError, "Conflict", client.resources.begin_delete_by_id, CATALOG, VERSION)
    print("azure_client: ok")


main()
