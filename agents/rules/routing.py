"""Words that tell whose matter a text is, in English, French, Spanish and German, as data.

Each is a pattern for a whole word or phrase, without groups; case is ignored. A word that people
use of everything ("post a question", "my message") is left out, or stands with what makes it clear.
"""

OCCASIONS: tuple[str, ...] = (
    r"how much|prices?|buy|purchase|unlock|ppv|customs?|bundles?|exclusives?|for sale|subscribe",
    r"(?:see|want|have|got|send(?: me)?) (?:\w+ )?more|more of (?:you|this|that|these|those)",
    r"(?:i )?(?:love|loved|adore) (?:your|the|that|this)|worth every (?:cent|penny)",
    r"combien|prix|acheter|achète|achetée?|débloquer|exclusif|exclusive|sur mesure|abonner",
    r"(?:en )?(?:voir|veux|avoir) (?:en )?plus|j'(?:adore|ai adoré)",
    r"cuánto|cuanto|precio|comprar|compro|desbloquear|exclusivo|personalizado|suscribirme",
    r"(?:ver|quiero) más|me (?:encanta|encantó)",
    r"wie ?viel|preis|kaufen|kaufe|gekauft|freischalten|exklusiv|abonnieren",
    r"mehr (?:sehen|davon|von dir)|ich liebe (?:dein|deine|das|die|den)",
)
"""What a fan says who may be offered something."""

TROUBLE: tuple[str, ...] = (
    r"refund|scam|scammed|charged (?:me )?twice|complain(?:t|ing)?|cancel|unsubscribe|report you",
    r"died|(?:is|are) dying(?! to)|passed away|death|funeral|hospital|cancer|depress(?:ed|ion)",
    r"suicid\w*|kill myself|lonely|broke up|lost (?:my|his|her)|left me(?! speechless)",
    r"got fired|can't afford|miscarriage",
    r"(?:so|very|really) (?:angry|mad|upset|sad|disappointed)",
    r"disappoint(?:ed|ing)|rip ?off|lied to",
    r"remboursement|rembourser?|remboursez|arnaque|plainte|annuler|décès|décédée?|morte?|hôpital"
    r"|triste|déçue?|en colère|débité (?:deux|2) fois|me quitte|m'a quittée?|plus les moyens",
    r"reembolso|estafa|queja|cancelar|murió|muerto|muerte|funeral|hospital|deprimid[oa]|triste"
    r"|enfadad[oa]|enojad[oa]|decepcionad[oa]|cobrado dos veces|me dejó|no puedo pagar",
    r"rückerstattung|geld zurück|betrug|betrogen|abzocke|beschwerde|kündigen|gestorben|verstorben"
    r"|tod|krankenhaus|traurig|wütend|enttäuscht|sauer|zweimal abgebucht",
    r"mich verlassen|nicht leisten",
)
"""What nobody answers with an offer."""

WORDS: dict[str, tuple[str, ...]] = {
    "messaging": (
        r"turn (?:him|her|them) down",
        r"message from|réponse à|beantworte\w*|(?:sage|schreibe) ich (?:ihm|ihr)",
        r"dms?|(?:reply|replies|respond|answer) to",
        r"write back|(?:text|comfort|thank) (?:him|her|them)",
        r"(?:what|how) (?:should|do|can|could|would) i (?:say|answer|respond|reply|write|text)",
        r"what (?:should|do|can|could) i (?:\w+ ){1,3}(?:say|answer|reply|write back|text)",
        r"should i text|(?:wrote|messaged|texted) me",
        r"(?:good morning|good night|birthday) (?:text|message)",
        r"(?:welcome|thank[- ]you|warm|sweet) (?:message|note|text)|thank my",
        r"répondre|répond(?:s|ez|rais) (?:à|au|aux)",
        r"lui (?:répond\w*|dire|écrire)|que (?:dire|répondre)",
        r"m'a écrit|message de bienvenue|petit mot|(?:remercier|rassurer|consoler) \w+",
        r"(?:responder|contestar|respondo|contesto)\w*|(?:responde|contesta)(?:le| a)",
        r"me (?:escribió|ha escrito)|mensaje de (?:bienvenida|buenos días|agradecimiento)",
        r"antworte (?:ich|ihm|ihr|auf)|antwort (?:auf|an)|(?:begrüßungs|willkommens)nachricht\w*",
        r"was soll ich (?:ihm|ihr|schreiben|sagen|antworten)|mir geschrieben",
        r"(?:nette|liebe|kurze) nachricht|nachricht von",
    ),
    "content": (
        r"what kind of (?:video|post|photo|reel)|(?:photo|vidéo|quoi|que) poster|untertitel für",
        r"(?:title|titre|texte|título|texto|titel) (?:for|pour|para|für) (?:my|ma|mon|mi"
        r"|mein\w*)",
        r"posting (?:a|my)|the text say",
        r"captions?|hashtags?|reels?|tweets?|teaser|carousel|thumbnail|hook for",
        r"(?:post|content|video|photo) ideas?",
        r"ideas? for (?:\w+ ){0,2}(?:video|post|reel|photo|shoot)s?",
        r"what (?:should i|to|do i|can i) (?:post|film|shoot|upload)",
        r"(?:insta|my|instagram) stor(?:y|ies)",
        r"légendes?|idées? de (?:post|contenu|vidéo|photo)\w*|publier|je poste|un (?:post|tweet)",
        r"pie de foto|subtítulo|publicar|ideas? (?:de contenido|para (?:un|mis?) \w+)|qué subo",
        r"un (?:tuit|post)|texto para mi (?:foto|vídeo|video|publicación)",
        r"bildunterschrift\w*|posten|inhaltsideen|einen (?:post|beitrag|tweet)",
        r"ideen für (?:ein|einen|mein|meinen) (?:reel|video|post|beitrag|shooting)",
    ),
    "analytics": (
        r"(?:lose|losing|perds|pierdo|verliere(?: ich)?) (?:my |mes |des |mis |meine )?"
        r"(?:fans|subscribers|followers|abonn\w+|suscriptores|seguidores)",
        r"strongest|weakest|bilan de mon|balance de mi",
        r"(?:my|mes|mon|meine?|mis?) (?:engagement|views|likes|vues|vistas|aufrufe|account"
        r"|compte|cuenta|konto)",
        r"(?:my|the) last (?:\d+ )?(?:days|week|month)",
        r"wie (?:läuft|lief|war) mein\w*",
        r"analytics?|statistics?|stats|metrics?|(?:my|the|these) (?:figures|numbers|reach|growth)",
        r"performance|performing|engagement rate|retention|churn|impressions|conversion rate",
        r"how (?:did|do|is|are|was|were) my|why (?:did|do|are) my|compared (?:with|to) last",
        r"how many (?:subscribers|followers|fans|views|likes)|unsubscribing|most active|trends?",
        r"(?:did|do|does|perform|performed|works?|worked) (?:best|better|worst)",
        r"(?:views|likes|followers|subscribers|engagement) (?:drop|fall|fell|grow|grew|decline"
        r"|develop)\w*",
        r"statistiques?|(?:mes|ces) chiffres|croissance",
        r"taux d(?:'engagement|e réponse|e conversion)",
        r"combien d'abonnée?s|tendances?|portée",
        r"analyse[rz]? (?:mes|mon|ma)|évolu(?:e|ent) (?:mes|mon|ma)",
        r"(?:mes|mon|ma) \w+ (?:a|ont)(?:-\w+)* (?:baissé|augmenté|évolué|changé)|mieux marché",
        r"estadísticas?|métricas?|cifras|crecimiento",
        r"rendimiento|tendencias?|alcance|visualizaciones",
        r"analiza\w* mis?|mis resultados|cuántos (?:suscriptores|seguidores|fans)",
        r"statistik\w*|kennzahl\w*|(?:meine|diese) zahlen|abonnentenzahlen|wachstum|reichweite",
        r"auswertung\w*|auswerten|analysiere mein\w*|am aktivsten|(?:liefen|lief) am besten",
        r"(?:sind|haben sich) meine \w+|läuft mein \w+|wie viele (?:abonnenten|fans|aufrufe)",
    ),
    "sales": (
        r"mein\w* abo",
        r"more tips|trinkgeld\w*|propinas?|pourboires?|offering (?:my|a)",
        r"sell|sells|selling|sales?|upsell\w*|pric(?:e|es|ing)|discounts?|bundles?|ppv|revenue",
        r"(?:an?|my|special|new|better) offers?",
        r"(?:earn|make) (?:more|money)|conversions?|tips? menu",
        r"i charge|charge for|promotion|too (?:much|expensive|cheap) for|to buy (?:the|my|it|this)",
        r"vendre|vendeurs?|ventes?|prix|tarifs?|réductions?|remises?|offres?|promo|facturer",
        r"gagner (?:plus|davantage)|combien (?:demander|facturer)",
        r"vender|ventas?|precios?|descuentos?|ofertas?|promoción|ingresos|cobr(?:o|ar)|ganar más",
        r"verkauf\w*|verkäufe|preise?|rabatte?|mein\w* angebot\w*|umsatz|einnahmen|verlangen",
        r"verdiene ich mehr|mehr verdienen",
    ),
    "compliance": (
        r"(?:okay|ok) (?:für|para|pour) \w+",
        r"(?:breaking|break) (?:any|the) rules|safe to (?:send|post|say|write)",
        r"legal (?:to (?:send|post|say|write)|decir|publicar)",
        r"complian(?:t|ce)|am i allowed|(?:is|are) (?:\w+ ){1,2}allowed|allowed (?:to|on|by)",
        r"(?:against|breaks?) the rules|guidelines|tos|terms of service|banned|moderat\w+",
        r"is (?:it|this) (?:ok|okay) to|(?:can|may) i (?:mention|link|share)|check this \w+ before",
        r"conforme|les règles d\w*|interdite?|autorisée?|modération|ai(?:-je)? le droit|vérifie si",
        r"permitido|prohibido|normas|moderación|pueden banear|puedo mencionar",
        r"erlaubt|verboten|richtlinien|regelkonform|moderation|verstößt|gegen die regeln",
        r"darf (?:ich|man) (?!dich|dir|sie|kurz)\w+",
    ),
}
"""By the name of the agent. Where two have as much, the one that is named first leads."""

TOPICS: dict[str, tuple[str, ...]] = {
    "messaging": (r"fans?|subscribers?|abonnée?s?|seguidor\w*|suscriptor\w*|abonnent\w*",),
    "content": (
        r"instagram|insta|tiktok|twitter|facebook|posts|publications?|publicación|publicaciones",
        r"beitrag|beiträge",
    ),
}
"""What several of them deal with, by who does so most. It decides where nothing else does."""

FOLLOW_UPS: tuple[str, ...] = (
    r"shorter|longer|simpler|warmer|softer|funnier|bolder|friendlier|less \w+|more \w+ please",
    r"(?:another|a different|the (?:first|second|third|last|other)) (?:one|version|option"
    r"|idea|way)",
    r"(?:make|rewrite|rephrase|change|shorten|translate|redo|improve|explain|try) (?:it"
    r"|that|them|again)",
    r"(?:in|into) (?:french|english|german|spanish)",
    r"with(?:out)? (?:\w+ )?emojis?|what about|how about",
    r"plus (?:courte?|longue?|simple|doux|douce|drôle|direct)s?",
    r"une? autre|encore (?:une? fois|une?)",
    r"(?:raccourcis|rallonge|refais|reformule|traduis|corrige|change|explique)(?:-l[ea]s?)?",
    r"en (?:anglais|français|allemand|espagnol)|(?:avec|sans) (?:d')?emojis?|et pour",
    r"más (?:cort|larg|simple|suave|divertid|direct)\w*|otr[oa] (?:versión|idea|opción|vez)",
    r"(?:hazlo|acórtalo|tradúcelo|cámbialo|repítelo|mejóralo|explícalo)|(?:con|sin) emojis?|y para",
    r"en (?:inglés|francés|alemán|español)",
    r"kürzer|länger|einfacher|lockerer|wärmer|witziger|noch ?mal|noch einmal|noch eine?n?|und für",
    r"(?:mach|schreib|übersetz|kürz|änder|erklär|verbesser)\w* (?:es|das|sie|ihn)",
    r"(?:eine )?andere (?:version|idee|variante)|(?:mit|ohne) emojis?",
    r"auf (?:deutsch|englisch|französisch|spanisch)",
)
"""How people say that an answer should be another one."""
