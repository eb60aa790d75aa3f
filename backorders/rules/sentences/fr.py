"""Explanations in French."""

from backorders.rules.sentences.language import Language

LANGUAGE = Language(
    day="{weekday} {day} {month} {year}",
    weekdays="lun. mar. mer. jeu. ven. sam. dim.",
    months="janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    percent="{}\N{NO-BREAK SPACE}%",
    decimal_point=",",
    et="et",
    nouns={
        "day": ("jour", "jours"),
        "working_day": ("jour ouvré", "jours ouvrés"),
        "unit": ("pièce", "pièces"),
        "line": ("ligne", "lignes"),
        "delivery": ("livraison", "livraisons"),
    },
    names={
        "kind.hold": "marchandise bloquée",
        "kind.return": "retour",
        "kind.transfer": "transfert",
        "kind.purchase": "achat",
        "kind.production": "production",
        "kind.planned": "unités pas encore achetées",
        "group.all suppliers": "tous les fournisseurs",
        "group.supplier": "ce fournisseur",
        "group.supplier × category": "ce fournisseur et cette catégorie",
        "group.supplier × SKU": "ce fournisseur et cet article",
        "group.same purchase order": "livraisons antérieures de cette commande",
        "standing.on hand": "en stock",
        "standing.here, held": "ici, mais bloqué",
        "standing.coming back": "retour d’un client",
        "standing.on the way": "en route",
        "standing.confirmed": "confirmé par le fournisseur",
        "standing.sent": "commandé, pas encore confirmé",
        "standing.started": "la fabrication a commencé",
        "standing.scheduled": "la fabrication est planifiée",
        "standing.not bought yet": "pas encore acheté",
        "mode.deny": "stock seulement",
        "mode.backorder": "réapprovisionnement",
        "mode.preorder": "précommande",
        "mode.made_to_order": "fabriqué à la commande",
        "mode.limited_drop": "série limitée",
        "mode.capital_light": "vente avant achat",
        "reason.discontinued": "l’article est arrêté",
        "reason.supplier_inactive": "son fournisseur ne livre plus",
        "reason.no_supply": "aucun approvisionnement ne le couvre",
        "reason.wait_too_long": "l’attente dépasserait ce que la règle permet",
        "reason.cap_reached": "un plafond est atteint",
        "reason.rule_denies": "la règle ne laisse rien attendre",
        "reason.window_closed": "la règle n’est pas en vigueur aujourd’hui",
        "reason.too_volatile": "la demande varie trop",
        "reason.not_launched": "l’article n’est pas encore sorti",
        "reason.order_limit": "une commande ne peut en contenir plus",
        "reason.customer_limit": "un client ne peut en commander plus",
    },
    staff={
        "was": "Promis auparavant : {on}.",
        "cause": "Raison du changement : {words}.",
        "no_rule": "Aucune règle ATP ne s’applique : seul le stock compte.",
        "rule": "Règle « {name} », version {version} ({mode}).",
        "rule_level": (
            "Règle « {name} », version {version} ({mode}), datée pour un niveau de service de {level}."
        ),
        "split": "{now_qty} du stock tout de suite, {later_qty} plus tard.",
        "supply_stock": "{qty} × {sku} du stock de {location}.",
        "supply_expected": "{qty} × {sku} ({kind}) à {location}, attendu {expected_on}.",
        "supply_expected_named": "{qty} × {sku} ({kind} {reference}) à {location}, attendu {expected_on}.",
        "supply_undated": "{qty} × {sku} ({kind}) à {location} ; personne ne sait quand.",
        "standing": "Degré de certitude : {standing}.",
        "standing_aboard": "Degré de certitude : {standing}.",
        "yield": (
            "Seuls {share} de la quantité commandée sont comptés : c’est ce qu’ont donné {samples} ({group})."
        ),
        "borrowed": "{units} sont prêtés par {lines} attendues plus tard ; les arrivages les couvrent.",
        "borrowed_named": (
            "{units} sont prêtés par {names}, attendus plus tard ; les arrivages les couvrent."
        ),
        "more_supplies": "Et {count} autres approvisionnements.",
        "claimed_before": "{units} sur {of_units} reviennent à des commandes placées avant.",
        "buffer": (
            "Marge de {buffer_days} : sur {samples} mesurées ({group}), {level} ne sont pas venues plus tard."
        ),
        "already_late": ("Déjà en retard : seules comptent les livraisons en retard de plus de {late_by}."),
        "least_buffer": "Marge de {buffer_days}, fixée par la règle.",
        "ordered": "Commandé {on} à {at} ({zone}) : compte à partir de ce jour.",
        "ordered_wave": "Commandé {on} à {at} ({zone}) : à temps pour la vague de {wave}.",
        "ordered_past_cut_off": (
            "Commandé {on} à {at} ({zone}) : après la dernière heure limite, compte à partir de "
            "{counts_from}."
        ),
        "ordered_closed": "Commandé {on} à {at} ({zone}) : jour fermé, compte à partir de {counts_from}.",
        "expected": "Attendu {on}, marge de {buffer_days} : {until}.",
        "overdue": "Ce jour est passé : compté comme arrivant aujourd’hui, {on}.",
        "received": "Réception, {days} : en stock {on}.",
        "packed": "Emballage, {days} : prêt à partir {on}.",
        "shipped": "Expédié {on}, transport {days} : livré {delivered_on}.",
        "shipped_to": "Expédié {on}, transport vers {region} {days} : livré {delivered_on}.",
        "holidays": "Fermé les jours fériés : {holidays}.",
        "not_before_wanted": "Pas avant le {on}, comme souhaité.",
        "not_before_launch": "Pas avant la sortie, le {on}.",
        "ship_together": "Part avec une ligne plus lente de la même commande : {on}.",
        "bucket": "Pris sur le contingent d’une période ultérieure : pas avant {on}.",
        "said": "{words}",
        "cap": "Plafond « {name} » : {used} pièces utilisées sur {most}.",
        "cap_watching": "Plafond « {name} » : {used} pièces utilisées sur {most} ; il ne fait qu’observer.",
        "cap_unlimited": "Plafond « {name} » : {used} pièces utilisées, sans limite.",
        "drawn": "{units} de cette ligne comptent dans la période du plafond « {name} » à partir du {on}.",
        "protection": "{units} gardées pour {name}.",
        "volatility": "La demande varie de {cv} fois sa moyenne.",
        "volatility_guarded": "La demande varie de {cv} fois sa moyenne ; la règle permet {most}.",
        "ahead": "Devant dans la file : {lines}, {units}.",
        "ahead_named": "Devant dans la file : {lines}, {units}, juste avant {names}.",
        "lost_to": "Des pièces qu’elle avait sont allées à {names}, mieux placées dans la file.",
        "refused": "{units} refusées : {reason}.",
        "refused_cap": "{units} refusées : {reason} (« {cap} »).",
    },
    customer={
        "cause": "La date a changé : {words}.",
        "supply_stock": "Il est dans notre entrepôt.",
        "supply_expected": "Nous l’attendons le {expected_on}.",
        "supply_expected.production": (
            "Il est en cours de fabrication, et devrait être prêt le {expected_on}."
        ),
        "supply_expected.planned": "Nous le commandons pour vous et l’attendons d’ici le {expected_on}.",
        "supply_expected_named": "Il arrive avec une livraison que nous attendons le {expected_on}.",
        "supply_expected_named.production": (
            "Il est en cours de fabrication, et devrait être prêt le {expected_on}."
        ),
        "supply_expected_named.planned": (
            "Nous le commandons pour vous et l’attendons d’ici le {expected_on}."
        ),
        "standing_aboard": "C’est déjà en route vers nous.",
        "claimed_before": "{units} de cette livraison sont pour des clients qui ont commandé avant vous.",
        "buffer": (
            "Nous ajoutons {buffer_days} : {level} des livraisons passées ne sont pas venues plus tard."
        ),
        "least_buffer": "Par prudence, nous ajoutons {buffer_days}.",
        "received": "Le déballage nous prend {days}.",
        "packed": "L’emballage nous prend {days}.",
        "shipped": "Le transporteur met {days} : chez vous d’ici le {delivered_on}.",
        "shipped_to": "Le transporteur met {days} : chez vous d’ici le {delivered_on}.",
        "holidays": "Personne ne travaille le {holidays}.",
        "not_before_wanted": "Vous ne le vouliez pas avant le {on}.",
        "not_before_launch": "Il sort le {on}.",
        "ship_together": "Votre commande part en une fois, dès que tout est là.",
        "bucket": (
            "Nous n’acceptons qu’un certain nombre par semaine ou par mois : la vôtre compte dès le {on}."
        ),
        "ahead": "Les clients qui ont commandé avant vous passent d’abord : {units}.",
        "ahead_named": "Les clients qui ont commandé avant vous passent d’abord : {units}.",
        "lost_to": "Ce qui est arrivé est allé à des clients qui attendaient depuis plus longtemps.",
        "refused": "Nous ne pouvons pas promettre {units}.",
        "refused_cap": "Nous ne pouvons pas promettre {units}.",
    },
)
