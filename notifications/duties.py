"""What the law wants a letter to say whatever words a shop chose: the right to withdraw, a delay in days."""

from collections.abc import Mapping
from typing import Any

from notifications.markup import Block, Letter
from oms.kernel.language import stretch

DELAYED_BY = {
    "en": "Delay of {qty} × {title}: {stretch}.",
    "de": "Verzögerung von {qty} × {title}: {stretch}.",
    "fr": "Retard de {qty} × {title} : {stretch}.",
    "es": "Retraso de {qty} × {title}: {stretch}.",
}
RIGHT_TO_WITHDRAW = {
    "en": "**Right of withdrawal**: as a consumer you may withdraw from this contract, without saying why, "
    "until {days} days after the last of your goods have arrived: on the page of your order, or by any clear "
    "statement to us. You get back what you paid within 14 days.",
    "de": "**Widerrufsrecht**: Als Verbraucherin oder Verbraucher können Sie diesen Vertrag ohne Angabe von "
    "Gründen bis {days} Tage nach Erhalt der letzten Ware widerrufen: auf der Seite Ihrer Bestellung oder "
    "durch eine eindeutige Erklärung an uns. Was Sie gezahlt haben, erhalten Sie binnen 14 Tagen zurück.",
    "fr": "**Droit de rétractation** : en tant que consommateur, vous pouvez vous rétracter de ce contrat, "
    "sans motif, jusqu’à {days} jours après la réception du dernier article : sur la page de votre commande "
    "ou par toute déclaration claire. Vous êtes remboursé sous 14 jours.",
    "es": "**Derecho de desistimiento**: como consumidor, puede desistir de este contrato, sin motivo, hasta "
    "{days} días después de recibir el último artículo: en la página de su pedido o con una declaración "
    "clara. Le devolvemos lo pagado en un plazo de 14 días.",
}


def add_missing(letter: Letter, facts: Mapping[str, Any], written: str, language: str) -> None:
    """Put into a letter what the law wants told and its words leave out, before the small print."""
    delayed = [line for group in facts.get("groups") or () for line in group.get("lines") or ()]
    missing = [_delay(line, language) for line in delayed if _is_untold(line, written, language)]
    if days := facts.get("withdrawal_days"):
        # Who is not told of it with the confirmation may withdraw for a year longer.
        missing.append(RIGHT_TO_WITHDRAW[language].format(days=days))
    place = next((no for no, block in enumerate(letter.blocks) if block.kind == "small"), len(letter.blocks))
    letter.blocks[place:place] = [Block("paragraph", words) for words in missing]


def _is_untold(line: Mapping[str, Any], written: str, language: str) -> bool:
    days: int = line.get("delay_days") or 0
    return days > 0 and stretch(days, language) not in written


def _delay(line: Mapping[str, Any], language: str) -> str:
    said = stretch(line["delay_days"], language)
    return DELAYED_BY[language].format(qty=line["qty"], title=line["title"], stretch=said)
