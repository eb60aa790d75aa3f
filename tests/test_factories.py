"""Every factory makes a row that the database accepts, twice."""

import pytest
from factory.django import DjangoModelFactory

from tests import factories

FACTORIES = [made for name, made in vars(factories).items() if name.endswith("Factory")]


@pytest.mark.django_db
@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: str(factory.__name__))
def test_factory_makes_valid_rows(factory: type[DjangoModelFactory[object]]) -> None:
    first, second = factory.create(), factory.create()

    assert first != second
