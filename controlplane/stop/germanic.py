"""English, German, Dutch, Afrikaans and the languages of Scandinavia."""

ENGLISH = """
alone: unsubscribe from | no calls | no phone calls | no messages | stop | unsubscribe | opt out
    optout | opt me out | stopall | stop all | unsub | revoke | remove me | take me off
    take my number off | leave me alone | leave us alone | do not disturb | lose my number
    delete my number | remove my number | no contact | go away | do not contact | stop it
    stop this | stop that | stop now | no more
weak: quit | end | cancel | halt | cease | revoke | opt-out
polite: all | every | very much | a lot | kindly | just | thankyou | dear | sir | madam | mam
    now | right now | immediately | at once | it | this | that | everything | anything | any
    me | my | mine | us | you | your | i | im | ive | am | we | our | the | a | to | anymore
    more | again | ever | already | number | phone number | phone | from | your list | the list
    list | of | for good | forever | really | once and for all | i said | i told you | i want
    i would like | id like | i need | sorry | no | yes | and | team | guys | friend
    permanently | with | these | those | people | both | on | whatsapp | being | receiving
    getting | sending | making | trying to | want | wish | hereby | ask | request | asked
    telling | consent | so | at | good morning | good evening | at all | always
asks: can you | could you | would you | will you | may i ask you to | is it possible to
    would you mind | can u | could u | cant you
ends: stop all | stop | quit | cease | end | no more | enough of | refrain from | discontinue
    halt | cancel | unsubscribe | opt out of | unsubscribe from | revoke | stopping
denies: do not | dont | donot | don not | never | must not | mustnt | should not | shouldnt
    not to | do not want | dont want | no longer want | no longer | do not wish | dont you dare
    not | do not ever | dont ever | do not wanna
calls: call | calls | calling | be called | phone me | phone us | phoning | telephone | ring me
    ring us | ring | ringing | contact | contacts | contacting | be contacted | message
    messages | messaging | text me | text us | texts | texting | write me | write to me
    writing | bother | bothering | disturb | disturbing | harass | harassing | spam | spamming
    phone calls | promos | promotions | ads | advertising | marketing | dial | dialing
    dialling | promotional | robocalls
limits: before | after | until | till | today | tonight | tomorrow | yesterday | unless | if
    when | while | during | at work | at night | at home | back | later | monday | tuesday
    wednesday | thursday | friday | saturday | sunday | mondays | sundays | saturdays | weekend
    weekends | morning | mornings | evening | evenings | night | except | without | only | early
    late | first | no need | need not | neednt | am | pm | for now | week | yet | right away
    just yet | twice | in the | every day | so often | so much | that often | too often
    as often | my mother | my wife | my husband | my work | my office
turns: never received | never got | why | forget | hesitate | cant | cannot | can not
    could not | couldnt | wont | will not | didnt | doesnt | did not | does not | would not
    wouldnt | how | who | nobody | unable | afraid | if you do not | if you dont | do not mind
    dont mind | be afraid | have not | havent | has not | hasnt | are not | arent | is not
    isnt | you never | she | he | they | not stop | not only | do not call it | do not hang
    was not | were not | wasnt | he said | she said
hints: wrong number | not interested | no interest | who gave you my number | sick of | fed up
    harassment | report you | block you | blocking you | tired of | how did you get my number
    stop bothering | annoying | where did you get my number
harmless: the end | smoking | delivery | order | repair | bus | train | bus stop | non stop
    nonstop | full stop | stop by | stop over | stopover | stop off | pit stop | stop sign
    stop watch | one stop | stop at | stop here | stop there | tram stop | train stop
    next stop | last stop | first stop | stop light | whistle stop | dead end | weekend | end of
    in the end | the end of | stop for | stop loss | we stop | i stop | i will stop | pedal
    stop button | stop worrying | stop working | stops | stopped
"""

GERMAN = """
alone: lassen Sie das | von Ihrer Liste | von der Liste | stopp | stop | abmelden | abbestellen
    austragen | abbestellung | abmeldung | aufhören | hör auf | hört auf | hören Sie auf
    hören Sie damit auf | hör auf damit | schluss | schluss damit | lassen Sie mich in Ruhe
    lass mich in Ruhe | lasst mich in Ruhe | kein Kontakt | nehmen Sie mich von der Liste
    löschen Sie meine Nummer | lösch meine Nummer | nummer löschen | löschen Sie meine Daten
    streichen Sie mich | keine Werbung | Widerspruch | ich widerspreche
    hiermit widerspreche ich
weak: ende | kündigen | abbrechen | widerruf | ich widerrufe | genug
polite: nehmen Sie | streichen Sie | bitte | danke | vielen Dank | dankeschön | hallo
    guten Tag | guten Morgen | guten Abend | moin | servus | grüß Gott | ich | mich | mir | uns
    Sie | du | ihr | sie | ihnen | dich | euch | jetzt | sofort | endlich | einfach | doch | mal
    wieder | noch | mehr | ein | auf | zu | an | von | meine | meiner | diese | dieser | Nummer
    unter | möchte | moechte | will | wollen | wir | und | dass | es | das | alles | alle
    Anruf | mit | freundliche | freundlichen | Grüße | Grüßen | LG | MfG | in Zukunft | künftig
    zukünftig | ab sofort | auch | je | jemals | überhaupt | werden | hier | ausdrücklich
    hiermit | per | über | Whatsapp | der | die | den | dem | ja | nein | sehr | keinesfalls
    auf keinen Fall | wünsche | bin | hab | habe | doch bitte | damit | weitere
asks: können Sie | könnten Sie | kannst du | könntest du | würden Sie | würdest du | könnt ihr
ends: stoppen Sie | stopp | stoppt | stoppe | hören Sie auf | hör auf | hört auf | aufhören
    hören Sie bitte auf | unterlassen Sie | unterlasst | unterlass | beenden Sie | einstellen
    lassen Sie | lass das | verzichten Sie auf | Schluss mit | sehen Sie ab | stellen Sie
    hören Sie endlich auf | untersage | verbiete | widerspreche
denies: nicht | nicht mehr | nie | nie mehr | nie wieder | niemals | kein | keine | keinen
    keinerlei | keine weiteren | nimmer | ned | net
calls: anrufen | anzurufen | anruf | anrufe | anrufen lassen | rufen Sie | ruf | ruft
    rufen sie mich | angerufen werden | telefonieren | telefonisch | kontaktieren
    zu kontaktieren | kontaktiere | kontaktiert werden | schreiben | schreib | schreibt
    schreiben Sie | zu schreiben | belästigen | belästigt | belästige | Nachrichten | Nachricht
    Mitteilungen | Werbung | Werbeanrufe | Werbeanrufen | anrufen mehr | stören | störe
    melden Sie sich | melde dich | Anrufen | Telefonate | Anrufe erhalten | Kontaktaufnahme
    Telefonwerbung | klingeln | durchklingeln | melden
limits: vor | nach | bis | heute | morgen | morgens | abends | nachts | mittags | Montag
    Dienstag | Mittwoch | Donnerstag | Freitag | Samstag | Sonntag | Wochenende | wenn | falls
    sondern | nur | erst | zurück | zurückrufen | bevor | solange | während | Uhr | so früh
    so spät | so oft | zu oft | dienstlich | Arbeit | außer | ohne | gerade | momentan
    im Moment | diese Woche | mehrmals | ständig | meine Frau | meinen Mann | jeden Tag | später
    nötig | brauchen | brauchst | müssen | musst | umsonst
turns: warum | wieso | weshalb | vergessen | vergiss | vergesst | zögern | kann | konnte
    konnten | könnte | gelingt | niemand | wer | wie kommt | scheuen | leider | versäumen
    bin ich | habe ich | wurde | haben | hat | hatte | sie hat | er | scheu | hätte | hätten
    gar kein problem
hints: falsche Nummer | kein Interesse | nicht interessiert | verwählt | Belästigung | nervt
    woher haben Sie meine Nummer | anzeigen | blockiere | melde Sie
harmless: nonstop | Stopp machen | Bushaltestelle | Zwischenstopp | Ende der | am Ende
    Ende gut | zu Ende | Haltestelle | wochenende
"""

DUTCH = """
alone: stop | stoppen | afmelden | uitschrijven | stop ermee | houd op | hou op | hou ermee op
    laat me met rust | laat mij met rust | verwijder mijn nummer | verwijder me
    haal me van de lijst | geen reclame | schrijf me uit | meld me af | ophouden
weak: einde | annuleren | opzeggen | genoeg | basta
polite: alstublieft | alsjeblieft | aub | ajb | svp | bedankt | dank u | dank je | dank u wel
    dankjewel | hallo | hoi | goedemorgen | goedemiddag | goedendag | ik | mij | me | u | je
    jullie | nu | meteen | direct | eens | ooit | meer | weer | nog | op | dit | deze | mijn
    nummer | a.u.b. | wil | wilt | zou | willen | dat | het | te | met | en | van | over | graag
    gewoon | echt | alle | alles | ook | voortaan | hierbij | nee | ja | ons | in het vervolg
    we | wij | word | worden
asks: kunt u | kan u | kun je | kunnen jullie | zou u | zou je | wilt u | wil je | willen jullie
ends: stop | stop met | stopt met | stoppen met | hou op met | houd op met | ophouden met
    staak | beëindig | uitschrijven voor
denies: niet | niet meer | nooit | nooit meer | geen | geen enkele | nimmer
calls: bellen | bel | belt | opbellen | gebeld worden | telefoontjes | telefoneren | contacteren
    contact opnemen | contact | berichten | bericht | berichtjes | sturen | appen | app
    schrijven | lastigvallen | lastig te vallen | lastig | storen | reclame | oproepen
    telefonisch | mailen | gebeld | val me lastig | benaderen | benaderd
limits: voor | na | tot | vandaag | morgen | vanavond | maandag | dinsdag | woensdag | donderdag
    vrijdag | zaterdag | zondag | weekend | als | tenzij | alleen | terug | terugbellen | later
    uur | zo vroeg | zo laat | zo vaak | tijdens | werk | zonder | maar | behalve | nodig
    hoeft | hoef
turns: waarom | vergeet | vergeten | aarzel | kan niet | kon | kunt niet | niemand | wie | hoe
    heb ik | heeft | hebt | twijfel | schroom
hints: verkeerd nummer | verkeerd verbonden | geen interesse | niet geïnteresseerd
    hoe komt u aan mijn nummer
harmless: bushalte | non-stop | tussenstop | einde van
"""

AFRIKAANS = """
alone: stop | hou op | teken my uit | los my uit | laat my met rus | verwyder my
    verwyder my nommer
weak: einde | kanselleer
polite: asseblief | dankie | hallo | ek | my | u | jy | julle | ons | weer | meer | nou | ooit
    dit | hierdie | nommer | op | nie | wil | hê | dat | moet | en
asks: kan u | kan jy | sal u | sal jy
ends: stop | stop met | hou op met | hou op om | staak
denies: moenie | moet nie | nooit | nooit weer | geen | nie
calls: bel | bel my | te bel | oproepe | kontak | kontak nie | boodskappe | skryf | pla | lastig
    skakel
limits: voor | na | tot | vandag | môre | maandag | as | tensy | terug | later | naweek | net
turns: hoekom | waarom | vergeet | vergeet nie | kan nie | kon | niemand | wie | huiwer
hints: verkeerde nommer | nie geïnteresseerd | stel nie belang nie
harmless: bushalte
"""

SWEDISH = """
alone: stopp | stop | sluta | avsluta | avregistrera | avanmäl | avanmälan | lämna mig ifred
    lämna mig i fred | ta bort mig | ta bort mitt nummer | radera mitt nummer | sluta nu
weak: avbryt | slut | säg upp | nog
polite: snälla | tack | hej | god morgon | jag | mig | oss | du | ni | er | nu | genast | mer
    igen | längre | någonsin | att | det här | detta | numret | nummer | mitt | på | vill
    inte ha | och | bara | vänligen | var snäll och | ha | få | bli | era | dina | fler | några
    alla | med
asks: kan du | kan ni | skulle du kunna | skulle ni kunna
ends: sluta | sluta att | stoppa | upphör med | upphör | sluta med | avbryt | slutar ni
denies: inte | aldrig | aldrig mer | inga | inga fler | ingen | ej
calls: ring | ringa | ringer inte | bli uppringd | samtal | kontakta | kontakt | skicka | skriv
    skriva | meddelanden | sms | stör | störa | reklam | telefonsamtal | hör av er | höra av er
    kontaktad
limits: före | efter | innan | tills | idag | i dag | imorgon | i morgon | ikväll | måndag
    tisdag | onsdag | torsdag | fredag | lördag | söndag | helgen | om | när | bara om
    tillbaka | senare | utan | så tidigt | så sent | jobbet | behöver | förrän
turns: varför | glöm | glömma | tveka | kan inte | kunde | ingen som | vem | hur | har | hade
hints: fel nummer | inte intresserad | ointresserad
harmless: busshållplats | till slut | slut på
"""

DANISH = """
alone: stop | stop nu | afmeld | afmelding | lad mig være | lad mig være i fred | hold op
    slet mit nummer | fjern mig | fjern mit nummer | framelding
weak: slut | annuller | afslut | opsig | nok
polite: venligst | tak | hej | goddag | jeg | mig | os | du | I | jer | De | nu | straks | mere
    igen | længere | nogensinde | at | det | dette | nummer | mit | på | vil | ikke have | gerne
    og | bare | vær venlig at | være | have | få | blive | flere | jeres | alle | med
    vær sød at
asks: kan du | kan I | vil du | vil I | kunne du | kan De | vil De
ends: stop | stop med at | hold op med at | stands | ophør med | lad være med at | stop med
    hold op med | lad være at
denies: ikke | aldrig | aldrig mere | ingen | ingen flere | ej
calls: ring | ringe | ringer | opkald | kontakt | kontakte | blive ringet op | skriv | skrive
    beskeder | send | sende | forstyr | forstyrre | reklamer | reklame | sms | opringninger
    kontaktes | kontaktet
limits: før | efter | indtil | inden | i dag | i morgen | i aften | mandag | tirsdag | onsdag
    torsdag | fredag | lørdag | søndag | weekenden | hvis | når | kun | tilbage | senere
    så tidligt | så sent | arbejde | behøver
turns: hvorfor | glem | glemme | tøv | kan ikke | kunne ikke | hvem | hvordan | har | havde
hints: forkert nummer | ikke interesseret
harmless: busstop | til slut
"""

NORWEGIAN = """
alone: stopp | stop | stopp nå | avmeld | avmelding | slutt | la meg være | la meg være i fred
    slett nummeret mitt | fjern meg | fjern nummeret mitt | slutt med det | meld meg av
weak: avslutt | avbryt | kanseller | nok
polite: vennligst | takk | hei | god morgen | jeg | meg | oss | du | dere | De | nå | straks
    mer | igjen | lenger | noensinne | å | det | dette | nummer | nummeret | mitt | på | vil
    ikke ha | gjerne | og | bare | vær så snill | være | ha | få | bli | flere | deres | alle
    med | vær snill å
asks: kan du | kan dere | vil du | vil dere | kunne du | kunne dere
ends: stopp | slutt å | slutt med å | opphør med | stans | slutt med | la være å
denies: ikke | ikkje | aldri | aldri mer | ingen | ingen flere | ei
calls: ring | ringe | ringer | anrop | kontakt | kontakte | bli oppringt | skriv | skrive
    meldinger | send | sende | forstyrr | forstyrre | reklame | sms | oppringninger | samtaler
    kontaktet | telefoner
limits: før | etter | inntil | innen | i dag | i morgen | i kveld | mandag | tirsdag | onsdag
    torsdag | fredag | lørdag | søndag | helgen | hvis | når | kun | bare hvis | tilbake
    senere | så tidlig | så sent | jobb | trenger
turns: hvorfor | glem | glemme | nøl | kan ikke | kunne ikke | hvem | hvordan | har | hadde
hints: feil nummer | ikke interessert
harmless: bussholdeplass | til slutt | slutt på
"""
