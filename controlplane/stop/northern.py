"""Hungarian, Finnish, Estonian; Latvian, Lithuanian; Greek."""

HUNGARIAN = """
alone: stop | állj | hagyják abba | hagyd abba | hagyja abba | leiratkozás | leiratkozom
    iratkozz le | hagyjanak békén | hagyjon békén | hagyj békén | töröljék a számomat
    törölje a számomat | töröljenek | ne zavarj | ne zavarjanak
weak: vége | mégse | mégsem | elég | lemondás | elég volt
polite: kérem | kérlek | légyszi | legyen szíves | legyenek szívesek | köszönöm | köszi
    üdvözlöm | szia | jó napot | jó napot kívánok | én | engem | nekem | minket | önök | ön | te
    most | azonnal | többet | többé | újra | megint | már | ezen | erre | a | az | számon
    számra | számot | is | és | szeretném | szeretnék | akarom | hogy | ezt | soha többet | igen
    nem szeretném | semmilyen
asks: lehetne | tudnák | megtennék | kérhetem
ends: hagyják abba | hagyd abba | hagyja abba | fejezzék be | fejezd be | fejezze be | elég
    szüntessék meg | megtiltom | abbahagyni | állítsák le
denies: ne | nem | soha | soha többé | soha többet | sem | semmi | ne is | tilos | nem akarom
    nem kérek
calls: hívjanak | hívjon | hívj | hívjatok | hívogassanak | hívogasson | hívogass | hívást
    hívások | hívásokat | hívogatást | hívásokból | telefonáljanak | telefonáljon | keressenek
    keressen | keress | írjanak | írjon | írj | üzenetet | üzeneteket | zavarjanak | zavarjon
    zavarj | zaklassanak | zaklassatok | zaklatást | küldjenek | küldjön | reklámot | reklámokat
    fel hívni | felhívni | hívogatni | keresni | zaklatni
limits: előtt | után | ma | holnap | este | reggel | éjszaka | hétfőn | kedden | szerdán
    csütörtökön | pénteken | szombaton | vasárnap | hétvégén | ha | amikor | csak | ilyen korán
    ilyen későn | később | vissza | visszahívni | visszahívjanak | munka | munkahelyen | órakor
    kell | addig
turns: miért | felejtsék | felejtse | felejtsd | elfelejteni | habozzon | habozz | tudok
    tudtam | tudom | senki | ki | hogyan | hívtak | hívott | ne hagyják abba
hints: rossz szám | téves szám | téves | nem érdekel | nincs érdeklődés
    honnan van meg a számom
harmless: megálló | megállóban | hétvége | vége a | végén | a végén
"""

FINNISH = """
alone: seis | lopeta | lopettakaa | lopeta jo | pois | peruuta tilaus | peru tilaus
    poista minut | poistakaa minut | poista numeroni | poistakaa numeroni
    jättäkää minut rauhaan | jätä minut rauhaan | älä häiritse | älkää häiritkö | stop
weak: peruuta | peru | loppu | riittää | kielto | lopetus
polite: kiitos | ole hyvä | olkaa hyvä | olkaa ystävällisiä | hei | moi | terve | hyvää päivää
    minä | minulle | minua | mulle | meille | te | teidän | sinä | nyt | heti | enää | enempää
    uudestaan | uudelleen | jo | tähän | numeroon | tästä | numerosta | haluan | halua | että
    ja | ikinä | koskaan | mitään | näitä | pyydän | joo | ei | kohteliaasti
asks: voitteko | voisitteko | voitko | voisitko
ends: lopettakaa | lopeta | lopettaa | riittää | kiellän | keskeyttäkää | älkää jatkako
denies: älä | älkää | en | en halua | ei | ei enää | ei koskaan | ei mitään | älkää enää
    älä enää | en enää halua
calls: soita | soittako | soittaa | soittelu | soittelua | soittelu minulle | soittaminen
    soittamasta | soittakaa | soitella | soitelko | puheluita | puheluja | puhelut
    ottako yhteyttä | ota yhteyttä | ottaa yhteyttä | yhteydenottoja | kirjoita | kirjoittako
    viestejä | viestiä | häiritkö | häiritse | häiritsemästä | häiritä | lähettäkö | lähetä
    lähettäminen | mainoksia | mainontaa | soittoja
limits: ennen | jälkeen | tänään | huomenna | illalla | aamulla | yöllä | maanantaina
    tiistaina | keskiviikkona | torstaina | perjantaina | lauantaina | sunnuntaina
    viikonloppuna | jos | kun | vain | näin aikaisin | näin myöhään | myöhemmin | takaisin
    töissä | kello | vielä | tarvitse
turns: miksi | unohda | unohtako | epäröi | epäröikö | voi | pysty | voinut | kukaan | kuka
    miten | soittanut | soittaneet | älkää lopettako
hints: väärä numero | ei kiinnosta | en ole kiinnostunut | mistä saitte numeroni
harmless: pysäkki | pysäkillä | lopussa | lopuksi | pois tieltä | viikonloppu
"""

ESTONIAN = """
alone: stop | stopp | lõpeta | lõpetage | loobu | loobun | jätke mind rahule | jäta mind rahule
    kustutage minu number | eemaldage minu number | ära sega | tühista tellimus
weak: tühista | lõpp | aitab
polite: palun | aitäh | tänan | tere | mina | ma | mulle | mind | meile | teie | te | sina
    nüüd | kohe | enam | rohkem | uuesti | jälle | sellel | sellele | numbril | numbrile | soovi
    soovin | ja | kunagi | mitte | et | tahan | taha
asks: kas te saaksite | kas saate | palun kas
ends: lõpetage | lõpeta | aitab | keelan
denies: ärge | ära | ei | ei soovi | ei taha | mitte | ärge enam | mitte kunagi
calls: helistage | helista | helistada | helistamine | kõnesid | kõned | võtke ühendust
    kirjutage | kirjuta | sõnumeid | tülitage | tülita | segage | saatke | reklaami
    kontakteeruge | ühendust võtta
limits: enne | pärast | täna | homme | õhtul | hommikul | esmaspäeval | kui | ainult | nii vara
    nii hilja | hiljem | tagasi | tööl | veel | nädalavahetusel
turns: miks | unustage | unusta | kõhelge | saa | saanud | keegi | kes | kuidas
hints: vale number | ei huvita | pole huvitatud
harmless: peatus | lõpus | lõpuks
"""

LATVIAN = """
alone: stop | stopp | apstājieties | beidziet | beidz | atrakstīties | atteikties
    lieciet mani mierā | liec mani mierā | dzēsiet manu numuru | izdzēsiet manu numuru
    netraucēt
weak: beigas | atcelt | pietiek
polite: lūdzu | paldies | labdien | sveiki | es | man | mani | mums | jūs | jūsu | tagad | tūlīt
    vairs | vairāk | atkal | uz | šo | numuru | un | nekad | nevēlos | vēlos | ka | jau
asks: vai varat | vai jūs varētu | vai varētu
ends: beidziet | beidz | pārtrauciet | pārtrauc | pietiek | aizliedzu
denies: ne | nekad | nevajag | nevēlos | nav | nekādu
calls: zvanīt | zvanīšanu | zvani | zvanus | zvanu | sazināties | rakstīt | ziņas | traucēt
    sūtīt | reklāmas
never: nezvaniet | nezvani | nezvanīt | nerakstiet | neraksti | netraucējiet | netraucē
    nesazinieties | nesūtiet | nekontaktējiet
limits: pirms | pēc | līdz | šodien | rīt | vakarā | no rīta | pirmdien | ja | kad | tikai
    vēlāk | atpakaļ | darbā
turns: kāpēc | aizmirstiet | neaizmirstiet | nevaru | nevarēju | neviens | kas | kā
hints: nepareizs numurs | neinteresē | neesmu ieinteresēts
harmless: pietura | beigās
"""

LITHUANIAN = """
alone: stop | sustokite | sustok | baikite | baik | atsisakyti | atsisakau
    palikite mane ramybėje | palik mane ramybėje | ištrinkite mano numerį
    pašalinkite mano numerį | netrukdyti
weak: pabaiga | atšaukti | gana | užteks
polite: prašau | prašome | ačiū | laba diena | sveiki | labas | aš | man | mane | mums | jūs
    jūsų | dabar | tuoj pat | daugiau | vėl | dar | į | šį | numerį | ir | niekada | noriu | kad
    jau | prašyčiau
asks: ar galite | ar galėtumėte | gal galite
ends: baikite | baik | nustokite | nustok | liaukitės | gana | draudžiu
denies: ne | niekada | nereikia | nenoriu | jokių | jokio
calls: skambinti | skambinėti | skambučių | skambučiai | susisiekti | rašyti | žinučių | žinutės
    trukdyti | siųsti | reklamos | reklamų
never: neskambinkite | neskambink | neskambinėkite | neberašykite | nebeskambinkite | nerašykite
    nerašyk | netrukdykite | netrukdyk | nesiųskite | nesusisiekite | nebeskambink
limits: prieš | po | iki | šiandien | rytoj | vakare | ryte | pirmadienį | jei | kai | tik
    vėliau | atgal | darbe
turns: kodėl | pamirškite | nepamirškite | negaliu | negalėjau | niekas | kas | kaip
hints: neteisingas numeris | neįdomu | nedomina | apsirikote numeriu
harmless: stotelė | pabaigoje
"""

GREEK = """
alone: στοπ | stop | σταμάτα | σταματήστε | σταματείστε | διακοπή | διαγραφή | απεγγραφή
    αφήστε με ήσυχο | αφήστε με ήσυχη | άσε με ήσυχο | άσε με ήσυχη | διαγράψτε με
    διαγράψτε τον αριθμό μου | σβήστε τον αριθμό μου | μην ενοχλείτε | μην με ενοχλείτε
weak: τέλος | ακύρωση | φτάνει | αρκετά
polite: παρακαλώ | σας παρακαλώ | ευχαριστώ | γεια | γεια σας | καλημέρα | καλησπέρα | εγώ | με
    μου | μας | εσείς | σας | εσύ | τώρα | αμέσως | πια | άλλο | πάλι | ξανά | ποτέ ξανά | σε
    αυτό | αυτόν | τον | το | τα | τις | την | αριθμό | στο | στον | και | ναι | όχι | όλα | από
    κύριε | κυρία | θέλω | μη θέλω
asks: μπορείτε να | μπορείς να | θα μπορούσατε να | γίνεται να
ends: σταματήστε | σταμάτα | σταματήστε να | σταμάτα να | πάψτε να | πάψε να | φτάνει | τέλος
    απαγορεύω | διακόψτε
denies: μην | μη | δεν θέλω | δεν θέλω να | ποτέ | όχι άλλα | όχι άλλες | δεν επιθυμώ | να μην
    να μη | όχι πια
calls: καλείτε | καλέσετε | καλείς | κλήσεις | κλήση | τηλεφωνείτε | τηλεφωνείς | τηλεφωνήσετε
    τηλεφωνάτε | τηλεφωνήματα | παίρνετε | παίρνετε τηλέφωνο | πάρετε | παίρνεις
    παίρνεις τηλέφωνο | ξαναπάρετε | ξανακαλέσετε | ξαναπάρεις | επικοινωνείτε | επικοινωνήσετε
    επικοινωνία | γράφετε | μηνύματα | στέλνετε | στείλετε | ενοχλείτε | ενοχλήσετε | ενοχλείς
    διαφημίσεις | ξανατηλεφωνήσετε | τηλέφωνο | καλέσουν
limits: πριν | μετά | μέχρι | σήμερα | αύριο | το βράδυ | το πρωί | δευτέρα | τρίτη | τετάρτη
    πέμπτη | παρασκευή | σάββατο | κυριακή | αν | όταν | μόνο | τόσο νωρίς | τόσο αργά
    αργότερα | πίσω | δουλειά | εκτός
turns: γιατί | ξεχάσετε | ξεχνάτε | ξεχάσεις | διστάσετε | διστάζετε | μπορώ | μπόρεσα | κανείς
    ποιος | πώς | μην σταματήσετε | μη σταματήσετε | μη σταματάτε
hints: λάθος αριθμός | λάθος νούμερο | δεν ενδιαφέρομαι | δεν με ενδιαφέρει
harmless: στάση | στάση λεωφορείου | στο τέλος | τέλος του
"""
