"""Messages, clients of the API and the event log."""

from django.contrib.auth.models import User
from factory.declarations import Sequence, SubFactory
from factory.django import DjangoModelFactory

from backorders import models as queue
from notifications import models as notifications
from oms.api import models as api
from oms.connectors import models as connectors
from oms.kernel.models import EventLog, JobRun, SavedFilter
from oms.portal import models as portal
from tests.factories.facts import AT, BY, SOON
from tests.factories.selling import ChannelFactory
from tests.factories.stock import SkuFactory
from tests.factories.waiting import PromiseFactory


class MessageFactory(DjangoModelFactory[notifications.Message]):
    class Meta:
        model = notifications.Message

    key = Sequence(lambda n: f"confirmation:{n}")
    kind = "confirmation"
    recipient = "alice@example.com"
    subject_ref = "SO-1"
    due_at = AT
    created_at = AT


class RouteFactory(DjangoModelFactory[notifications.Route]):
    class Meta:
        model = notifications.Route

    kind = Sequence(lambda n: f"kind_{n}")
    way = "both"


class InboundFactory(DjangoModelFactory[connectors.Inbound]):
    class Meta:
        model = connectors.Inbound

    kind = "stripe"
    account = "main"
    delivery_key = Sequence(lambda n: f"evt_{n}")
    body = "{}"
    received_at = AT


class KlaviyoAccountFactory(DjangoModelFactory[connectors.KlaviyoAccount]):
    class Meta:
        model = connectors.KlaviyoAccount

    code = Sequence(lambda n: f"klaviyo-{n}")
    channel = SubFactory(ChannelFactory)


class AttemptFactory(DjangoModelFactory[notifications.Attempt]):
    class Meta:
        model = notifications.Attempt

    message = SubFactory(MessageFactory)
    at = AT
    is_accepted = True


class AddressFactory(DjangoModelFactory[notifications.Address]):
    class Meta:
        model = notifications.Address

    email = Sequence(lambda n: f"lost{n}@example.com")
    bounced_at = AT


class LetterTemplateFactory(DjangoModelFactory[notifications.LetterTemplate]):
    class Meta:
        model = notifications.LetterTemplate

    kind = "shipped"
    language = "en"
    region = Sequence(lambda n: f"R{n}")
    body = "Subject: {{ order }} is gone\n\n# Gone\nYour order {{ order }} left us."


class CampaignFactory(DjangoModelFactory[queue.Campaign]):
    class Meta:
        model = queue.Campaign

    source = Sequence(lambda n: f"PO-{n}")
    cause = "supplier_late"
    expected_on = SOON
    opened_at = AT


class TellingPolicyFactory(DjangoModelFactory[queue.TellingPolicy]):
    class Meta:
        model = queue.TellingPolicy

    name = Sequence(lambda n: f"Telling {n}")
    channel = SubFactory(ChannelFactory)


class WaitUpdateFactory(DjangoModelFactory[queue.WaitUpdate]):
    class Meta:
        model = queue.WaitUpdate

    promise = SubFactory(PromiseFactory)
    at = AT


class StockWatchFactory(DjangoModelFactory[queue.StockWatch]):
    class Meta:
        model = queue.StockWatch

    sku = SubFactory(SkuFactory)
    channel = SubFactory(ChannelFactory)
    email = Sequence(lambda n: f"keen{n}@example.com")
    created_at = AT


class MailboxMailFactory(DjangoModelFactory[notifications.MailboxMail]):
    class Meta:
        model = notifications.MailboxMail

    message_id = Sequence(lambda n: f"<{n}@oms.example.com>")
    to = "alice@example.com"
    sender = "shop@example.com"
    subject = "Your order"
    text = "Thank you."
    at = AT


class ApiClientFactory(DjangoModelFactory[api.ApiClient]):
    class Meta:
        model = api.ApiClient

    name = Sequence(lambda n: f"shop-{n}")
    key_prefix = "oms_1234"
    key_hash = Sequence(lambda n: f"{n:064d}")
    scopes = ["read"]
    created_at = AT


class IdempotencyKeyFactory(DjangoModelFactory[api.IdempotencyKey]):
    class Meta:
        model = api.IdempotencyKey

    client = SubFactory(ApiClientFactory)
    key = Sequence(lambda n: f"key-{n}")
    fingerprint = "0" * 64
    created_at = AT


class BulkJobFactory(DjangoModelFactory[api.BulkJob]):
    class Meta:
        model = api.BulkJob

    client = SubFactory(ApiClientFactory)
    kind = "skus"
    created_at = AT


class BulkRowFactory(DjangoModelFactory[api.BulkRow]):
    class Meta:
        model = api.BulkRow

    job = SubFactory(BulkJobFactory)
    row_no = Sequence(lambda n: n + 1)
    body: dict[str, str] = {}


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = Sequence(lambda n: f"person-{n}")
    is_staff = True


class SavedFilterFactory(DjangoModelFactory[SavedFilter]):
    class Meta:
        model = SavedFilter

    person = SubFactory(UserFactory)
    place = "orders.order"
    name = Sequence(lambda n: f"filter {n}")
    query = "standing=held"
    is_shared = True


class EventLogFactory(DjangoModelFactory[EventLog]):
    class Meta:
        model = EventLog

    name = "OrderAccepted"
    at = AT
    by = BY
    subject = "SO-1"


class ShopKeyFactory(DjangoModelFactory[portal.ShopKey]):
    class Meta:
        model = portal.ShopKey

    name = Sequence(lambda n: f"storefront {n}")
    channel = SubFactory(ChannelFactory)
    key = Sequence(lambda n: f"pk_{n:032d}")
    created_at = AT


class JobRunFactory(DjangoModelFactory[JobRun]):
    class Meta:
        model = JobRun

    task = Sequence(lambda n: f"tests.job{n}")
    succeeded_at = AT
