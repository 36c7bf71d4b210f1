"""How sellers say that something is scarce, cheaper, ending or liked, in four languages, as data.

Each pattern is one way to say it; case is ignored. ``{n}`` stands for a number, in digits or words.
A way that people also use for other things ("last night", "feel free") is left out, or stands with
what is sold: "it is almost gone" is found, "the sun is almost gone" is not.
"""

import enum


class ClaimKind(enum.StrEnum):
    """What a sentence claims. ``NUMBER`` is any other figure."""

    PRICE = "price"
    DISCOUNT = "discount"
    SCARCITY = "scarcity"
    DEADLINE = "deadline"
    POPULARITY = "popularity"
    NUMBER = "number"


NUMBER_WORDS = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|a few|a handful|a couple"
    r"|un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|quelques"
    r"|uno|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|pocos|pocas"
    r"|ein|eine|einen|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|wenige|paar)"
)

CURRENCY_WORDS = (
    r"(?:euros?|eur|dollars?|dólares|dolares|usd|bucks|pounds?|livres|libras|gbp|pfund|"
    r"credits?|crédits?|créditos?)\b"
)

CURRENCIES = rf"(?:€|\$|£|{CURRENCY_WORDS})"

SPOKEN: dict[str, int] = {
    **dict.fromkeys(("five", "cinq", "cinco", "fünf"), 5),
    **dict.fromkeys(("ten", "dix", "diez", "zehn"), 10),
    **dict.fromkeys(("twelve", "douze", "doce", "zwölf"), 12),
    **dict.fromkeys(("fifteen", "quinze", "quince", "fünfzehn"), 15),
    **dict.fromkeys(("twenty", "vingt", "veinte", "zwanzig"), 20),
    **dict.fromkeys(("twenty-five", "vingt-cinq", "veinticinco", "fünfundzwanzig"), 25),
    **dict.fromkeys(("thirty", "trente", "treinta", "dreißig"), 30),
    **dict.fromkeys(("forty", "quarante", "cuarenta", "vierzig"), 40),
    **dict.fromkeys(("fifty", "cinquante", "cincuenta", "fünfzig"), 50),
    **dict.fromkeys(("hundred", "cent", "cien", "hundert"), 100),
}
"""Prices that people write in words."""

_SOLD = r"(?:it|this|that|they|set|bundle|video|offer|deal|edition|series)"
_OFFER = r"(?:offer|sale|deal|price|promo|discount|bundle)"
_BUYERS = (
    r"(?:fans?|people|subscribers?|buyers|others|guys|gens|personnes?|abonnée?s?|clients"
    r"|personas|seguidores|suscriptores|leuten?|menschen|abonnenten)"
)
_END = (
    r"(?:midnight|tonight|tomorrow|the end of|sunday|monday|tuesday|wednesday|thursday|friday"
    r"|saturday)"
)

WORDED: dict[ClaimKind, tuple[str, ...]] = {
    ClaimKind.SCARCITY: (
        r"\b(?:only|just) {n}(?: \w+){0,2} (?:left|remaining|available)\b(?! (?:feet|foot|hand))",
        r"\b(?:only|just|the last) {n} (?:\w+ )?(?:spots?|places?|slots?|copies|pieces?)\b",
        r"\b{n} (?:\w+ )?(?:spots?|places?|slots?|copies|pieces?) (?:left|remaining)\b",
        r"\blimited (?:edition|spots|places|slots|copies|availability|supply|stock|number|time)\b",
        rf"\b{_SOLD} (?:is|are) (?:very |strictly )?limited\b",
        rf"\b{_SOLD}(?:'s| is|'re| are|'ll be| will be) (?:almost|nearly|soon) (?:all )?gone\b",
        rf"\b{_SOLD}(?:'s| is|'re| are| will be)(?: almost| nearly| soon| already)* sold out\b",
        r"(?:^|(?<=[.!?] ))(?:almost |nearly )?sold out\b|\bselling (?:out|fast)\b",
        r"\b(?:will|going to|about to) sell out\b|\bwhile (?:supplies|stocks?) lasts?\b",
        rf"\b{_SOLD}(?:'s| is|'re| are) going fast\b|\bfly(?:ing)? off the shelves\b",
        rf"\b{_SOLD} (?:won't|will not) last\b|\bbefore (?:it's|it is|they're) (?:all )?gone\b",
        r"\bonce (?:it's|it is|they're|they are) gone\b|\blast (?:few )?(?:copies|spots?|slots?)\b",
        rf"\blast chance\b|\b{_SOLD} (?:won't|will not|will never) "
        r"(?:be (?:back|available)|come back)\b",
        r"\b(?:il )?(?:n'en |ne )?reste(?:nt)?(?: plus)? (?:que |qu'){n}\b",
        r"\breste(?:nt)? presque plus\b",
        r"\breste(?:nt)? {n} (?:places?|exemplaires?|pièces?)\b|\bplus que {n}(?=\s*(?:[.!,]|$))",
        r"\bplus que {n} (?:places?|exemplaires?|pièces?|packs?|vidéos?|photos?)\b",
        r"\bdernières? chances?\b(?! du)|\bderni[eè]re?s? (?:places?|pièces?|exemplaires?)\b",
        r"(?<!suis )\b(?:presque|bientôt|vite|déjà) (?:épuisé|complet)\w*|\bstocks? limités?\b",
        r"\b(?:est|sont) presque partie?s?\b|\b(?:ça part|partent) (?:très )?vite\b",
        r"\b(?:édition|places|quantités?|offre|série) (?:est |sont )?limitée?s?\b",
        r"(?<!me )(?<!nos )\bquedan?(?: solo| sólo)?(?: muy)? {n}\b"
        r"(?! (?:días?|horas?|minutos?|semanas?|meses)\b)",
        r"\b[úu]ltim[oa]s? (?:oportunidad|plazas?|unidades|piezas|ejemplares)\b",
        r"(?<!estoy )\b(?:casi|está|están|ya) agotad[oa]s?\b",
        r"\bse (?:agotan?|acaban) (?:muy )?rápido\b|\bse están agotando\b",
        r"\b(?:edición|plazas|cantidad|unidades|stock|oferta) limitad[oa]s?\b",
        r"\bnur (?:noch )?{n}(?: \w+){0,2} (?:übrig|verfügbar|frei|da)\b",
        r"\bnur noch {n}(?=\s*(?:[.!,]|$))|\bnur noch {n} (?:stück|plätze?|exemplare?|sets?)\b",
        r"\bletzte[rn]? (?:chance|gelegenheit|plätze|exemplare|stücke?)\b(?! im)",
        r"\b(?:fast|beinahe|bald) (?:ausverkauft|vergriffen)\b|\bschon vergriffen\b",
        r"\b(?:ist|sind|,) (?:fast|beinahe|bald) weg\b|, fast weg\b",
        r"\blimitiert\w*|\bbegrenzte (?:auflage|plätze|anzahl|zeit|stückzahl)\b",
        r"\bsolange der vorrat reicht\b",
    ),
    ClaimKind.DISCOUNT: (
        r"\d{1,9}(?:[.,]\d{1,9})?\s?% (?:off|discount|less|cheaper"
        r"|de (?:réduction|remise|rabais|descuento)"
        r"|menos|günstiger|rabatt|billiger)\b|(?:^|\s)-\s?\d{1,9}\s?%",
        r"\b\w+ (?:per ?cent|pour cent|por ciento|prozent) (?:off|discount|less|cheaper|rabatt"
        r"|de (?:réduction|remise|descuento)|moins|menos|günstiger|billiger|weniger)\b",
        r"\bdiscount\w*|\bhalf[- ](?:price|off)\b|\bprice cut\b|\bspecial (?:offer|price)\b",
        r"\breduced price\b|\bfor free\b|\bfree gift\b|\bget one(?: for)? free\b",
        rf"\b(?:{_SOLD}(?:'s| is|'re| are)|now) on sale\b",
        r"\b(?:two|three|2|3) for (?:one|two|1|2)\b",
        r"\bréductions?\b|\bremises?\b|\brabais\b|\bmoitié prix\b|\bpromos?\b|\ben promotion\b",
        r"\bgratuit\w*|\bprix (?:spécial|réduit)\b|\bofferte?s? (?:pour|avec)\b",
        r"\b(?:deux|trois) pour (?:le prix d'|un\b)",
        r"\bdescuentos?\b|\brebajas?\b|\brebajad[oa]s?\b|\bmitad de precio\b|\bgratis\b",
        r"\bprecio especial\b|\b(?:dos|tres) por (?:uno|dos)\b|\b[23] ?x ?[12]\b",
        r"\brabatt\w*|\bermäßig\w*|\breduziert\w*|\bzum halben preis\b|\bkostenlos\w*",
        r"\bsonderpreis\w*|\bzum preis von\b",
    ),
    ClaimKind.DEADLINE: (
        r"\b(?:today|tonight|this (?:week|weekend)) only\b",
        r"\b(?:only|just for) (?:today|tonight|this weekend)\b",
        rf"\b{_OFFER}s? (?:\w+ )?(?:ends?|expires?|closes?)\b|\bprices? (?:goes|go|is going) up\b",
        rf"\b{_SOLD} (?:ends?|expires?|closes?) (?:today|soon|in|on|{_END})\b",
        rf"\b{_SOLD}(?:'s| is|'re| are|'ll be| will be) (?:gone|over) (?:today|{_END}|in {{n}})\b",
        r"\b(?:only|valid|available|open|you have|yours|off|good)(?: \w+){0,2} "
        rf"(?:until|till|before) {_END}\b|\b{_OFFER}(?: \w+){{0,2}} (?:until|till) {_END}\b",
        r"(?:^|(?<=[.!?,;] ))(?:until|till|before) midnight\b",
        r"\bhurry(?: up)?(?=\s*(?:[.!,]|$|before|while))|\bso be quick\b",
        r"\b(?:next|within|only for) {n} (?:minutes?|hours?|days?)\b|\b{n} (?:hours?|days?) left\b",
        r"\bonly have {n} (?:minutes?|hours?|days?)\b",
        r"\b(?:aujourd'hui|ce soir|ce week-end) (?:seulement|uniquement)\b",
        r"\b(?:seulement|uniquement)(?: pour)? (?:aujourd'hui|ce soir|ce week-end)\b",
        r"\b{n} heures seulement\b|\bseulement {n} heures\b|\bdépêche(?:-toi|z-vous)\b",
        r"(?:^|(?<=[.!?,;] )|\b(?:offre|promo|valable|prix|seulement|uniquement) (?:\w+ )?)"
        r"(?:jusqu'(?:à|au)|avant) (?:minuit|ce soir|demain|dimanche)\b",
        r"\b(?:offre|promo|vente)\b[^.!?]{0,20}\b(?:expire|se termine|finit|disparaît)\b",
        r"\b(?:solo|sólo|únicamente) (?:por )?(?:hoy|esta noche|este fin de semana)\b",
        r"\b(?:solo|sólo) (?:durante |por )?{n} horas\b|\bdate prisa\b",
        r"\b(?:solo|sólo|válid[oa]|oferta|precio|descuento|disponible)(?: \w+){0,2} hasta\b",
        r"\b(?:oferta|promoción|precio|descuento|venta)(?: \w+){0,2} "
        r"(?:termina|acaba|caduca|expira)\b",
        r"\bnur (?:noch )?(?:heute|dieses wochenende)\b|\bnur (?:noch )?bis\b",
        r"\bnur (?:noch )?{n} stunden (?:lang|gültig)\b|\bbeeile? dich\b(?! nicht)",
        r"\b(?:gilt|gültig|angebot|rabatt|preis)(?: \w+){0,2} bis\b",
        r"\b(?:angebot|rabatt|aktion)\b[^.!?]{0,20}\b(?:endet|läuft)\b",
    ),
    ClaimKind.POPULARITY: (
        r"\bbest[- ]?sell(?:er|ing)\w*|\bfan favou?rite\b",
        r"\bmost (?:popular|requested|wanted|loved)\b",
        rf"\b(?:hundreds|thousands|dozens) of (?:my |other )?{_BUYERS}\b",
        r"\bevery(?:one|body)(?:'s| is| has)? (?:buying|bought|obsessed|wants?"
        r"|loves (?:it|this|that|them))\b|\bfans (?:are going|go) crazy\b",
        rf"\b(?:over|more than|plus de|más de|über|mehr als) \d+ (?:{_BUYERS}|vendu\w*|sold)\b",
        rf"\bdes (?:centaines|milliers|dizaines) de {_BUYERS}\b|\bfans l'adorent\b",
        r"\ble plus (?:demandé|populaire|vendu)\b",
        r"\btout le monde (?:l'adore|adore ça|achète|l'achète)\b|\bmeilleures? ventes?\b",
        rf"\b(?:cientos|miles|decenas) de {_BUYERS}\b",
        r"\blos? más (?:vendidos?|pedidos?|populares?)\b",
        r"\btod(?:os?|o el mundo) (?:lo |la )?(?:compran?|quieren?)\b",
        rf"\b(?:hunderte|tausende|dutzende)(?: von)? {_BUYERS}\b",
        r"\bam (?:beliebtesten|meisten verkauft)\b|\bverkaufsschlager\b|\bmeistverkauft\w*",
        r"\balle (?:kaufen|lieben|wollen) (?:es|das|sie|dieses|ihn)\b",
    ),
}
