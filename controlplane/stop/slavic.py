"""Russian, Ukrainian, Bulgarian; Polish, Czech, Slovak; Croatian, Serbian, Slovenian."""

RUSSIAN = """
alone: стоп | остановить | остановите | остановитесь | отписаться | отпишите меня | отписка
    отпишите | отстаньте | отстань | отвали | отвалите | оставьте меня в покое
    оставь меня в покое | удалите меня | удалите мой номер | удали мой номер
    уберите меня из списка | уберите мой номер | прекратите | прекрати | хватит | не беспокоить
    не беспокоить меня | перестаньте | перестань | отказ от звонков
weak: конец | отмена | отменить | отказ | отказаться | довольно
polite: из базы | из списка | пожалуйста | пожалуста | плиз | пжл | спасибо | здравствуйте
    привет | добрый день | добрый вечер | доброе утро | я | мне | меня | нам | нас | вы | вас
    ты | тебя | прошу | просим | прошу вас | хочу | сейчас | немедленно | сразу | уже | больше
    снова | опять | ещё | сюда | на | этот | номер | мой | по | этому | номеру | телефон
    телефону | и | да | нет | с | со | все | всё | мои | ваши | от | вашей | компании | вообще
    чтобы | впредь | тут | ко | просто | вам | сказал | сказала | девушка | уважаемые | господа
asks: можете | могли бы вы | вы можете | можно | не могли бы вы | можешь | вы не могли бы
ends: прекратите | прекрати | перестаньте | перестань | хватит | хорош | прекращайте | довольно
    остановите | завязывайте | запрещаю | прекратить | отзываю
denies: не | не надо | не нужно | никогда | никогда больше | больше не | никаких | нельзя
    не смейте | не смей | не стоит | не хочу | хватит уже
calls: звоните | звони | звонить | звонки | звонков | звонок | названивать | названивайте
    беспокоить | беспокойте | беспокой | писать | пишите | пиши | тревожить | тревожьте
    набирайте | набирать | присылайте | присылать | слать | шлите | сообщения | сообщений
    рекламу | реклама | рекламы | доставать | доставайте | связывайтесь | связываться
    приставать | надоедать | надоедайте | перезванивайте больше | обзванивать | домогаться
    обращайтесь | рассылку | рассылки
limits: до | после | сегодня | завтра | утром | вечером | ночью | днём | понедельник | вторник
    среду | четверг | пятницу | субботу | воскресенье | выходные | если | когда | пока | только
    раньше | так рано | так поздно | позже | потом | на работу | на работе | кроме | обратно
    перезванивать | перезванивайте | часов | так часто | рано | поздно | жене | мужу | матери
    без
turns: почему | зачем | забудьте | забудь | забывайте | забывай | стесняйтесь | могу | смог
    смогла | могли | может | никто | кто | как | не прекращайте | не переставайте | звонили
    звонил | звонила | дозвониться | получается | если не | не смогли | откладывайте | медлите
hints: ошиблись номером | не туда попали | не тот номер | не интересно | не интересует
    неинтересно | откуда у вас мой номер | достали | надоели | заблокирую | пожалуюсь | спам
harmless: остановка | остановке | остановки | без остановки | конец месяца | в конце
    стоп сигнал | стоп кран | нон стоп | конце
"""

UKRAINIAN = """
alone: стоп | зупинити | зупиніть | зупиніться | відписатися | відпишіть мене | відписка
    припиніть | припини | досить | годі | відчепіться | залиште мене в спокої | дайте спокій
    видаліть мене | видаліть мій номер | приберіть мій номер | не турбувати | перестаньте
    відстаньте
weak: кінець | скасувати | відміна | відмова
polite: будь ласка | прошу | дякую | дуже дякую | вітаю | добрий день | доброго дня | привіт | я
    мені | мене | нам | нас | ви | вас | ти | тебе | хочу | зараз | негайно | більше | знову
    ще | вже | сюди | на | цей | номер | мій | за | цим | номером | і | й | та | так | ні | з
    усі | все | щоб | взагалі | телефон | до | вам | жодного разу
asks: можете | чи можете | могли б ви | чи могли б ви | можна | чи можна
ends: припиніть | припини | перестаньте | перестань | досить | годі | забороняю | зупиніть
    припиніть мені
denies: не | не треба | не потрібно | ніколи | ніколи більше | більше не | жодних | ніяких
    не смійте | не варто
calls: дзвоніть | дзвони | дзвонити | телефонуйте | телефонуй | телефонувати | дзвінки
    дзвінків | дзвінок | турбувати | турбуйте | писати | пишіть | пиши | повідомлення
    повідомлень | надсилайте | надсилати | реклама | рекламу | реклами | набирайте | набридати
    набридайте | звертайтесь | телефоную | зв'язуйтесь
limits: до | після | сьогодні | завтра | вранці | ввечері | вночі | понеділок | вівторок
    середу | четвер | п'ятницю | суботу | неділю | вихідні | якщо | коли | поки | лише | тільки
    так рано | так пізно | пізніше | роботу | крім | передзвонювати | передзвонюйте | години
turns: чому | навіщо | забудьте | забудь | забувайте | можу | зміг | змогла | могли | ніхто
    хто | як | соромтеся | не припиняйте | дзвонили | додзвонитися | вагайтеся
hints: помилилися номером | не той номер | не цікаво | не цікавить | звідки у вас мій номер
    набридли
harmless: зупинка | зупинці | в кінці | без зупинки
"""

POLISH = """
alone: proszę o usunięcie numeru | usunięcie numeru | proszę o usunięcie mojego numeru | stop
    zatrzymaj | zatrzymać | wypisz | wypisz mnie | wypiszcie mnie | wypisać
    proszę mnie wypisać | rezygnuję | rezygnacja | zostawcie mnie w spokoju
    zostaw mnie w spokoju | dajcie mi spokój | daj mi spokój | proszę dać mi spokój
    usuńcie mój numer | usuń mój numer | proszę usunąć mój numer
    proszę usunąć mój numer z bazy | nie przeszkadzać | przestańcie | przestań | proszę przestać
    wypisuję się | anuluj subskrypcję | sprzeciw | odczepcie się
weak: koniec | anuluj | anulować | odwołaj | dość | wystarczy | cofnij
polite: proszę | bardzo proszę | prosze | dziękuję | dzięki | dzień dobry | dobry wieczór
    cześć | witam | ja | mi | mnie | do mnie | nas | nam | państwo | państwa | pan | pani | wy
    ty | teraz | natychmiast | już | więcej | ponownie | znowu | jeszcze | na | ten | numer
    mój | pod | o | do | i | z | tak | nie życzę sobie | sobie | żeby | aby | chcę | chciałbym
    chciałabym | wszystkie | te | w ogóle | się | żadnych więcej | telefonu | od
asks: czy możecie | czy może pan | czy może pani | czy mogą państwo | możecie | czy moglibyście
    mógłby pan | czy mógłby pan | czy mogłaby pani | możesz
ends: przestańcie | przestań | przestać | proszę przestać | koniec z | dość | zaprzestańcie
    zaprzestać | skończcie | skończ | proszę o zaprzestanie | zabraniam | nie życzę sobie
denies: nie | nigdy | nigdy więcej | już nie | żadnych | żadnego | bez | nie chcę | nie wolno
    proszę nie
calls: dzwonić | dzwońcie | dzwoń | dzwonienia | telefonować | telefonów | telefony
    telefonu do mnie | połączeń | połączenia | kontaktować | kontaktujcie | kontaktuj | kontaktu
    kontakt | pisać | piszcie | pisz | niepokoić | niepokójcie | nękać | nękajcie | przeszkadzać
    wiadomości | wysyłać | wysyłajcie | reklam | reklamy | zawracać | zawracajcie | męczyć
    marketingu | obdzwaniać | wydzwaniać | wydzwaniajcie
limits: przed | po | do jutra | dzisiaj | dziś | jutro | rano | wieczorem | w nocy
    poniedziałek | wtorek | środę | czwartek | piątek | sobotę | niedzielę | weekend | jeśli
    jeżeli | kiedy | gdy | tylko | tak | wcześnie | tak późno | później | oddzwaniać
    oddzwaniajcie | pracy | oprócz | godzinie | trzeba | musi | musicie | tak często
turns: dlaczego | czemu | zapomnij | zapomnijcie | zapomnieć | zapominać | wahaj | wahać | mogę
    mogłem | mogłam | nikt | kto | jak | nie przestawajcie | dzwonili | dzwonił | dodzwonić
    udało | krępuj
hints: pomyłka | zły numer | nie jestem zainteresowany | nie jestem zainteresowana
    nie interesuje mnie | skąd macie mój numer | skąd pan ma mój numer | nękanie
harmless: przystanek | przystanku | na koniec | koniec miesiąca | non stop | w końcu
    pod koniec
"""

CZECH = """
alone: stop | zastavit | zastavte | přestaňte | přestaň | odhlásit | odhlaste mě | odhlášení
    nechte mě být | nech mě být | nechte mě na pokoji | dejte mi pokoj | smažte moje číslo
    smažte mé číslo | vymažte moje číslo | odstraňte mé číslo | nerušit
weak: konec | zrušit | dost | zrušte | ukončit
polite: prosím | děkuji | díky | dobrý den | ahoj | já | mi | mě | mně | nám | nás | vy | vás
    ty | teď | okamžitě | už | více | víc | znovu | zase | již | na | toto | číslo | moje | mé
    a | s | ano | ne | chci | nechci | abyste | přeji | si | nepřeji si | všechny | prosim
    vůbec | dekuji | abys | tohle
asks: můžete | mohli byste | mohl byste | mohla byste | můžeš
ends: přestaňte | přestaň | přestat | skončete | konec | dost | ukončete | zakazuji
denies: ne | nikdy | už nikdy | žádné | žádný | nechci | nepřeji si | nikdy více | není
calls: volat | volejte | volej | volání | telefonovat | telefonujte | hovory | hovor
    kontaktovat | kontaktujte | psát | pište | zprávy | zprávu | obtěžovat | obtěžujte | rušit
    posílat | posílejte | reklamy | reklamu | zavolat | telefonáty
never: nevolejte | nevolej | nevolat | nevolejte mi | netelefonujte | nekontaktujte
    nekontaktovat | neobtěžujte | neobtěžuj | nepište | nepiš | nepsat | nerušte | neposílejte
    nevolejte už | neozývejte se
limits: před | po | do | dnes | zítra | ráno | večer | v noci | pondělí | úterý | středu
    čtvrtek | pátek | sobotu | neděli | víkend | pokud | jestli | když | jen | pouze | tak brzy
    tak pozdě | později | zpět | práce | hodin | zatím | musíte | třeba | tak často
turns: proč | zapomeňte | nezapomeňte | zapomenout | nezapomeň | váhejte | neváhejte | nemohu
    nemůžu | nemohl | nikdo | kdo | jak | nepřestávejte | nevolali | nevolal | nedovolal
    nemůžete
hints: špatné číslo | omyl | nemám zájem | nezajímá mě | kde máte mé číslo
harmless: zastávka | zastávce | na konci | nakonec | konec měsíce
"""

SLOVAK = """
alone: stop | zastaviť | zastavte | prestaňte | prestaň | odhlásiť | odhláste ma | odhlásenie
    nechajte ma | nechajte ma na pokoji | dajte mi pokoj | vymažte moje číslo
    odstráňte moje číslo | nerušiť
weak: koniec | zrušiť | dosť | zrušte | ukončiť
polite: prosím | ďakujem | vďaka | dobrý deň | ahoj | ja | mi | ma | mne | nám | nás | vy | vás
    ty | teraz | okamžite | už | viac | znovu | zase | na | toto | číslo | moje | a | s | áno
    nie | chcem | nechcem | aby ste | želám | si | neželám si | všetky | vôbec
asks: môžete | mohli by ste | mohol by ste | môžeš
ends: prestaňte | prestaň | prestať | skončite | koniec | dosť | ukončite | zakazujem
denies: nie | nikdy | už nikdy | žiadne | žiadny | nechcem | neželám si | nikdy viac
calls: volať | volajte | volaj | volanie | telefonovať | hovory | hovor | kontaktovať
    kontaktujte | písať | píšte | správy | obťažovať | obťažujte | rušiť | posielať | posielajte
    reklamy | reklamu
never: nevolajte | nevolaj | nevolať | netelefonujte | nekontaktujte | neobťažujte | neobťažuj
    nepíšte | nepíš | nerušte | neposielajte | nevolajte mi
limits: pred | po | do | dnes | zajtra | ráno | večer | v noci | pondelok | utorok | stredu
    štvrtok | piatok | sobotu | nedeľu | víkend | ak | keď | len | iba | tak skoro | tak neskoro
    neskôr | späť | práce | hodín | zatiaľ
turns: prečo | zabudnite | nezabudnite | zabudnúť | nezabudni | váhajte | neváhajte | nemôžem
    nemohol | nikto | kto | ako | neprestávajte | nevolali | nedovolal
hints: zlé číslo | omyl | nemám záujem | nezaujíma ma
harmless: zastávka | zastávke | na konci | nakoniec
"""

BULGARIAN = """
alone: стоп | спрете | спри | спрете се | отписване | отпишете ме | отпиши ме
    оставете ме на мира | остави ме на мира | изтрийте номера ми | махнете номера ми
    престанете | не ме безпокойте
weak: край | отказ | стига | отмени | достатъчно
polite: моля | моля ви | благодаря | мерси | здравейте | здрасти | добър ден | аз | ми | ме
    мен | нас | ни | вие | ви | ти | сега | веднага | повече | пак | отново | вече | на | този
    номер | номера | и | да | не искам | искам | с | всички | тези | се | за | изобщо
asks: може ли | можете ли да | бихте ли | може ли да
ends: спрете | спри | спрете да | спри да | престанете да | престани да | стига | край на
    прекратете | забранявам | престанете
denies: не | никога | никога повече | повече не | недейте | недей | никакви | няма да | не искам
calls: звънете | звъни | звъня | звънене | обаждайте | обаждай | обаждате | обаждат | обаждания
    позвънявания | търсете | търси | пишете | пиши | съобщения | безпокойте | безпокоите
    безпокои | контактувайте | изпращайте | изпращате | реклами | реклама | тормозите | звъните
    свързвайте | обаждане | пишете ми
limits: преди | след | до | днес | утре | вечер | сутрин | понеделник | вторник | сряда
    четвъртък | петък | събота | неделя | ако | когато | само | толкова рано | толкова късно
    по-късно | обратно | работа | часа | докато
turns: защо | забравяйте | забравяй | забравите | колебайте | мога | можах | никой | кой | как
    не спирайте | обадихте | обади
hints: грешен номер | грешка | не се интересувам | не ме интересува | откъде имате номера ми
harmless: спирка | спирката | в края | накрая | край на месеца
"""

CROATIAN = """
alone: stop | stani | stanite | prestani | prestanite | odjava | odjavi me | odjavite me
    zaustavi | zaustavite | ostavite me na miru | ostavi me na miru | pustite me na miru
    obrišite moj broj | izbrišite moj broj | uklonite moj broj | ne uznemiravaj
    ne uznemiravajte | стоп | стани | престани | престаните | одјава | одјави ме | одјавите ме
    оставите ме на миру
weak: kraj | otkaži | dosta | dovoljno | крај | откажи | доста
polite: molim | molim vas | molim te | hvala | bok | dobar dan | zdravo | ja | mi | me | mene
    nas | nam | vi | vas | ti | sada | odmah | više | opet | ponovno | ponovo | već | na | ovaj
    broj | moj | i | s | sa | da | ne želim | želim | nemojte više | sve | te | uopće | uopšte
    se | да | молим | молим вас | хвала | здраво | ме | ми | више | на | овај | број | поново
    сада | вас
asks: možete li | možete li da | biste li mogli | možeš li | da li možete | можете ли
    да ли можете
ends: prestanite | prestani | prestanite me | dosta | dosta više | obustavite | zabranjujem
    prekinite | престаните | престани | престаните да | доста | прекините
denies: ne | nemojte | nemoj | nikad | nikada | nikad više | nikakvi | nemojte me | ne želim
    не | немојте | немој | никад | никада | не желим | nema više
calls: zovite | zovi | zvati | zovete | zove | pozivati | pozivi | poziva | pozive | poziv
    nazivati | nazivajte | kontaktirati | kontaktirajte | kontaktiraj | kontaktirate | javljajte
    pišite | piši | pisati | poruke | poruka | uznemiravati | uznemiravajte | uznemiravate
    smetati | smetajte | gnjaviti | gnjavite | slati | šaljite | reklame | zivkati | zivkajte
    зовите | зови | звати | зовете | позива | позиви | позивати | контактирајте | узнемиравајте
    узнемиравате | пишите | поруке | смарајте
limits: prije | pre | poslije | posle | nakon | do | danas | sutra | večeras | ujutro | navečer
    ponedjeljak | ponedeljak | utorak | srijedu | sredu | četvrtak | petak | subotu | nedjelju
    nedelju | vikend | ako | kad | kada | samo | tako rano | tako kasno | kasnije | natrag
    posao | sati | данас | сутра | ако | само | пре
turns: zašto | zaboravite | zaboraviti | zaboravi | ustručavajte | oklijevajte | mogu | mogao
    mogla | nitko | niko | tko | ko | kako | zvali | zvao | nije | niste | nisu | зашто
    заборавите | заборави | нико | ко
hints: krivi broj | pogrešan broj | ne zanima me | nisam zainteresiran | nisam zainteresovan
    zabuna
harmless: stanica | stanici | na kraju | kraj mjeseca | kraj meseca
"""

SLOVENIAN = """
alone: stop | ustavi | ustavite | nehaj | nehajte | odjava | odjavi me | odjavite me
    pustite me pri miru | pusti me pri miru | izbrišite mojo številko | odstranite mojo številko
    ne motite
weak: konec | prekliči | dovolj
polite: prosim | hvala | pozdravljeni | živjo | dober dan | jaz | mi | me | mene | nas | vi
    vas | ti | zdaj | takoj | več | spet | ponovno | že | na | to | številko | moja | mojo | in
    z | s | da | želim | vse | te | sploh
asks: ali lahko | lahko | bi lahko | mi lahko
ends: nehajte | nehaj | prenehajte | prenehaj | ustavite | dovolj | končajte | prepovedujem
denies: ne | nikoli | nikoli več | nočem | ne želim | nobenih | brez
calls: kličite | kliči | klicati | klici | klicev | klic | klicanjem | telefonirajte
    kontaktirajte | kontaktirati | pišite | piši | pisati | sporočil | sporočila | motite
    motiti | nadlegujte | nadlegovati | nadlegovanjem | pošiljajte | pošiljati | oglasov
    reklam
limits: pred | po | do | danes | jutri | zvečer | zjutraj | ponedeljek | torek | sredo | četrtek
    petek | soboto | nedeljo | vikend | če | ko | samo | tako zgodaj | tako pozno | kasneje
    nazaj | službo
turns: zakaj | pozabite | pozabi | pozabiti | oklevajte | morem | mogel | nihče | kdo | kako
    klicali
hints: napačna številka | ne zanima me | nisem zainteresiran | pomota
harmless: postaja | na koncu | konec meseca
"""
