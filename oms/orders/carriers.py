"""Where a parcel can be followed: the public tracking pages of carriers, by the names shops give them."""

from urllib.parse import quote

_PAGES = {
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "dpd": "https://www.dpdgroup.com/be/mydpd/my-parcels/track?parcelNumber={}",
    "gls": "https://gls-group.eu/track/{}",
    "royal mail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "la poste": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "correos": "https://www.correos.es/es/es/herramientas/localizador/envios/detalle?tracking-number={}",
}


def tracking_address(carrier: str, number: str) -> str:
    """The page on which this parcel can be followed, or nothing for a carrier we do not know."""
    page = _PAGES.get(carrier.strip().lower(), "")
    return page.format(quote(number, safe="")) if page and number else ""
