"""Every address of the API, v1."""

from django.urls import URLPattern, path

from oms.api import (
    channels,
    locations,
    missing,
    skus,
    supplier_skus,
    suppliers,
)
from oms.api.documents import openapi
from oms.api.operations import address

# Codes of shops may hold slashes, so they are matched to the end: longer addresses come first.
urlpatterns: list[URLPattern] = [
    path("openapi.json", openapi, name="openapi"),
    path("skus/", address(get=skus.ListSkus, post=skus.AddSku)),
    path("skus/<path:code>/", address(get=skus.GetSku, put=skus.PutSku)),
    path("locations/", address(get=locations.ListLocations, post=locations.AddLocation)),
    path("locations/<path:code>/", address(get=locations.GetLocation, put=locations.PutLocation)),
    path("channels/", address(get=channels.ListChannels, post=channels.AddChannel)),
    path("channels/<path:code>/", address(get=channels.GetChannel, put=channels.PutChannel)),
    path("suppliers/", address(get=suppliers.ListSuppliers, post=suppliers.AddSupplier)),
    path("suppliers/<path:code>/", address(get=suppliers.GetSupplier, put=suppliers.PutSupplier)),
    path("supplier-skus/", address(get=supplier_skus.ListSupplierSkus, post=supplier_skus.AddSupplierSku)),
    path(
        "supplier-skus/<int:id>/",
        address(
            get=supplier_skus.GetSupplierSku,
            patch=supplier_skus.ChangeSupplierSku,
            delete=supplier_skus.RemoveSupplierSku,
        ),
    ),
    path("<path:rest>", missing.nothing),
    path("", missing.nothing),
]
