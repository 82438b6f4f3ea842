"""Turkish, Azerbaijani, Kazakh; Arabic, Hebrew, Persian, Urdu; Indonesian, Swahili, Vietnamese."""

TURKISH = """
alone: dur | durun | durdur | durdurun | dursun | iptal | ret | abonelikten çık
    aboneliği iptal et | abonelikten çıkmak istiyorum | beni rahat bırakın | beni rahat bırak
    rahat bırakın | rahat bırak | rahatsız etmeyin | rahatsız etme | numaramı silin
    numaramı sil | beni listeden çıkarın | beni listeden çıkar | listeden çıkar | kes artık
    kesin artık | yeter artık | üyelikten çık
weak: son | bitir | çık | yeter | bırak | kes | vazgeç
polite: lütfen | lutfen | rica ediyorum | rica ederim | teşekkürler | teşekkür ederim | sağ olun
    sağol | merhaba | selam | iyi günler | günaydın | beni | bana | bizi | bize | ben | siz
    sizi | sen | artık | şimdi | hemen | bir daha | tekrar | daha | bu | numarayı | numaradan
    numaramı | numaram | benim | ve | hiç | asla | kesinlikle | sakın | fazla | evet | hayır
    her | sürekli | istiyorum | efendim | hanım | bey | ile | etmek | iletişim | telefonla
    numaraya
asks: bırakır mısınız | keser misiniz | misiniz | mısınız | olur mu | lütfeder misiniz | acaba
ends: bırakır mısınız | keser misiniz | son verir misiniz | kesin | kesiniz | bırakın
    bırakınız | son verin | durdurun | durdurunuz | vazgeçin | yeter | bırak | son | bitirin
denies: istemiyorum | istemiyoruz | istemem | gerek yok | etmeyin | etme | etmeyiniz | yapmayın
    yapma | hayır | yok
calls: aramayı | arama | aramalar | aramaları | aramak | arayıp | aranmak | telefon
    telefon etmeyi | rahatsız | rahatsız etmeyi | taciz | mesaj | mesajlar | mesaj atmayı
    yazmayı | iletişime geçmeyi | reklam | aranmayı | aramanızı | arıyorsunuz | iletişim
    rahatsız edilmek | spam | aramaya
never: aramayın | aramayınız | arama beni | beni arama | bir daha arama | aramasın | aramasınlar
    aramayın beni | yazmayın | yazma | yazmayınız | rahatsız etmeyin | mesaj atmayın
    mesaj göndermeyin | göndermeyin | göndermeyiniz | telefon etmeyin | telefon açmayın
    iletişime geçmeyin | aranmak istemiyorum | aramanızı istemiyorum | aranmayı istemiyorum
    uğraşmayın | aramayalım
limits: önce | sonra | bugün | yarın | akşam | sabah | gece | pazartesi | salı | çarşamba
    perşembe | cuma | cumartesi | pazar | hafta sonu | eğer | sadece | yalnızca | bu kadar erken
    bu kadar geç | geri | saat | işteyken | kadar | şu an | müsait | gündüz
turns: neden | niye | niçin | unutma | unutmayın | unutmayınız | çekinmeyin | çekinme | kimse
    kim | nasıl | aramadı | aramadınız | arayamadım | ulaşamadım | bırakmayın | kesmeyin
    durmayın | yapamıyorum
hints: yanlış numara | yanlış numaradasınız | ilgilenmiyorum | ilgim yok
    numaramı nereden buldunuz | şikayet edeceğim | engelliyorum
harmless: durak | durağı | otobüs durağı | son durak | hafta sonu | en son | son kez
    son olarak | çok dur | arama yaptım | arama motoru
"""

AZERBAIJANI = """
alone: dayan | dayandır | dayandırın | stop | ləğv et | abunəlikdən çıx | məni rahat buraxın
    məni rahat burax | nömrəmi silin | narahat etməyin
weak: son | bəsdir | imtina
polite: zəhmət olmasa | xahiş edirəm | təşəkkür edirəm | sağ olun | salam | məni | mənə | bizə
    mən | siz | sizi | indi | dərhal | bir daha | artıq | daha | bu | nömrəyə | və | heç vaxt
    heç
asks: mümkünsə | olar
ends: dayandırın | kəsin | bəsdir | son qoyun
denies: istəmirəm | lazım deyil | etməyin
calls: zəng etməyi | zəngləri | zəng | zənglər | mesaj | reklam | narahat
never: zəng etməyin | zəng etmə | zəng vurmayın | zəng vurma | yazmayın | yazma
    narahat etməyin | mesaj göndərməyin
limits: əvvəl | sonra | bu gün | sabah | axşam | əgər | yalnız | geri | gec | saat
turns: niyə | unutmayın | unutma | heç kim | kim | necə
hints: səhv nömrə | maraqlanmıram
harmless: dayanacaq
"""

KAZAKH = """
alone: тоқта | тоқтат | тоқтатыңыз | тоқтатыңдар | стоп | жазылымнан шығу | мазаламаңыз
    мазалама | мені жайыма қалдырыңыз | нөмірімді өшіріңіз
weak: бітті | жетер | бас тарту
polite: өтінемін | рақмет | рахмет | сәлеметсіз бе | сәлем | маған | мені | бізге | мен | сіз
    сен | қазір | енді | тағы | бұдан былай | қайтадан | бұл | осы | нөмірге | және | ешқашан
asks: болады ма | мүмкін бе
ends: тоқтатыңыз | тоқтат | доғарыңыз | қойыңыз
denies: керек емес | қажет емес | қаламаймын
calls: қоңырау | қоңырау шалуды | қоңырауларды | хабарлама | жазуды | мазалауды | жарнама
never: қоңырау шалмаңыз | қоңырау шалма | хабарласпаңыз | хабарласпа | жазбаңыз | жазба
    мазаламаңыз | звондамаңыз
limits: дейін | кейін | бүгін | ертең | кешке | таңертең | егер | тек | кері | сағат
turns: неге | ұмытпаңыз | ұмытпа | ешкім | кім | қалай
hints: қате нөмір | қызықтырмайды
harmless: аялдама
"""

ARABIC = """
alone: توقف | توقفوا | توقفي | أوقف | أوقفوا | إيقاف | ايقاف | الغاء الاشتراك | إلغاء الاشتراك
    قف | اتركني وشأني | اتركوني وشأني | اتركوني في حالي | سيبوني في حالي | سيبني في حالي
    حلوا عني | احذف رقمي | احذفوا رقمي | امسحوا رقمي | امسح رقمي | ازيلوا رقمي | لا تزعجني
    لا تزعجوني | كفى | كفاية | لا للاتصال | عدم الازعاج | خلص وقفوا | وقفوا | بطلوا
weak: إلغاء | الغاء | انهاء | إنهاء | انتهى | خروج | بس | خلاص | يكفي
polite: من فضلك | من فضلكم | لو سمحت | لو سمحتم | رجاء | الرجاء | أرجوك | ارجو | أرجو | ارجوكم
    شكرا | شكرا لك | شكرا لكم | مرحبا | السلام عليكم | أهلا | صباح الخير | مساء الخير | أنا
    انا | بي | لي | علي | الي | إلي | معي | بنا | انت | أنتم | حضرتك | الآن | الان | فورا
    مرة أخرى | مرة اخرى | مرة ثانية | تاني | بعد الآن | بعد الان | بعد اليوم | ابدا | أبدا
    مجددا | على | هذا | الرقم | رقمي | هذا الرقم | و | نعم | عن | كل | من | في | أن | ان | اريد
    أريد | ياريت | يا | يا جماعة | اخي | أخي | تماما | نهائيا | هاتفي | أكثر | اكثر | دي | ثانية
asks: هل يمكنك | هل يمكنكم | ممكن | هل يمكن | هل تستطيع
ends: توقف عن | توقفوا عن | التوقف عن | كف عن | كفوا عن | أوقفوا | أوقف | اوقفوا | وقفوا | وقف
    بطلوا | بطل | امتنعوا عن | ايقاف | إيقاف | كفاية | كفى | خلاص | الكف عن | عدم | أمنعكم من
denies: لا | لن | ما | لا أريد | لا اريد | مش عايز | مش عاوز | ما بدي | ما ابغى | ما أبغى
    ما ابي | مابي | بلاش | ممنوع | لا أرغب | لا ارغب | غير مرغوب | لا داعي ل | ما تعودوا
    لا تعاودوا | لا تعاود
calls: تتصل | تتصلوا | تتصلون | تتصلي | الاتصال | اتصال | الإتصال | اتصالات | اتصالاتكم
    الاتصالات | مكالمات | المكالمات | مكالمة | تكلمني | تكلموني | تكلمونا | تتكلموا | تراسلني
    تراسلوني | المراسلة | ترسل | ترسلوا | ارسال | إرسال | الارسال | رسائل | الرسائل | رسائلكم
    تزعجني | تزعجوني | ازعاج | إزعاج | ازعاجي | إزعاجي | الازعاج | الإزعاج | مضايقتي | تضايقوني
    تدقوا | تدق | تدقون | ترن | ترنوا | اعلانات | إعلانات | الاتصال بي | الاتصال بنا | تتواصل
    تتواصلوا | التواصل | تكتب لي | تزعج | مراسلتي | ازعاجنا
never: متتصلش | متتصلوش | ماتتصلش | ماتتصلوش | متكلمنيش | متكلمونيش | ماتكلمنيش | ماتكلمونيش
    متبعتوش | متبعتش | لاتتصل | لاتتصلوا | لاتزعجوني | ماتتصلون | متتصلوش بيا | متتصلش بيا
limits: قبل | حتى | اليوم | غدا | بكرة | بكره | الليلة | ليلا | صباحا | مساء | الأحد | الاثنين
    الثلاثاء | الأربعاء | الخميس | الجمعة | السبت | اذا | إذا | لو | عندما | فقط | الساعة
    لاحقا | بعدين | اثناء | أثناء | العمل | الشغل | إلا | الا | بعد الساعة | بعد | النوم
turns: لماذا | ليش | ليه | لم | تنس | تنسى | تنسوا | لا تنس | لا تتردد | تتردد | تترددوا
    استطيع | أستطيع | أقدر | اقدر | احد | أحد | من الذي | كيف | لا تتوقف | لا تتوقفوا | ماذا
    حد | لا يمكنني
hints: رقم خاطئ | الرقم خطأ | الرقم غلط | غلطان | غير مهتم | لست مهتما | مش مهتم
    من أين حصلت على رقمي | من اعطاكم رقمي | سأبلغ عنكم | حظر
harmless: محطة | موقف | موقف الباص | دون توقف | بدون توقف | في النهاية | نهاية
"""

HEBREW = """
alone: הפסק | הפסיקו | הפסיקי | תפסיק | תפסיקו | תפסיקי | עצור | עצרו | די | להסיר | הסר | הסירו
    הסירו אותי | תסירו אותי | תסיר אותי | הסרה | בטל מנוי | תעזבו אותי | תעזוב אותי | עזבו אותי
    עזבו אותי בשקט | עזוב אותי | תמחקו את המספר שלי | תמחק את המספר שלי | מחקו את המספר שלי
    לא להפריע | להסרה
weak: סוף | ביטול | בטל | מספיק | לבטל
polite: בבקשה | תודה | תודה רבה | שלום | היי | בוקר טוב | ערב טוב | אני | אליי | אלי | לי | אותי
    אותנו | לנו | אתם | אתה | את | עכשיו | מיד | יותר | שוב | עוד | כבר | למספר | הזה | זה
    המספר | שלי | ו | כן | רוצה | מבקש | מבקשת | ש | כל | לעולם | אף פעם | נא | אנא | בכלל | רק
    מהרשימה | ל
asks: אפשר | תוכלו | תוכל | האם תוכלו | אתם יכולים | אפשר בבקשה
ends: תפסיקו | תפסיק | תפסיקי | הפסיקו | הפסק | להפסיק | די | די עם | תחדלו | חדלו | דיי | מספיק
    אוסר
denies: אל | לא | אין | לא רוצה | לא מעוניין | לא מעוניינת | נא לא | בלי | אסור | לעולם לא
    לעולם אל | לא לקבל
calls: תתקשרו | תתקשר | תתקשרי | להתקשר | שיחות | שיחה | לצלצל | תצלצלו | תצלצל | התקשרו | תכתבו
    תכתוב | לכתוב | הודעות | הודעה | תשלחו | תשלח | לשלוח | תפריעו | תפריע | להפריע | להטריד
    תטרידו | תטריד | הטרדות | פרסומות | ליצור קשר | תיצרו קשר | לפנות | תפנו | שתתקשרו | שיתקשרו
    טלפונים
limits: לפני | אחרי | עד | היום | מחר | הערב | בבוקר | בערב | בלילה | ראשון | שני | שלישי
    רביעי | חמישי | שישי | שבת | אם | כש | רק אם | מאוחר | מוקדם | חזרה | בחזרה | בעבודה | בשעה
    אחר כך
turns: למה | מדוע | תשכחו | תשכח | לשכוח | תהססו | תהסס | להסס | יכול | יכולה | הצלחתי | אף אחד
    מי | איך | התקשרתם
hints: טעות במספר | מספר שגוי | לא מעוניין | לא מעוניינת | לא מעניין אותי
    מאיפה יש לכם את המספר שלי
harmless: תחנה | תחנת | בסוף | סוף שבוע | סופש
"""

PERSIAN = """
alone: توقف | متوقف کنید | متوقف کن | بس کنید | بس کن | تمام کنید | تمامش کنید | لغو اشتراک
    لغو عضویت | لغو | لغو۱۱ | دست از سرم بردارید | دست از سرم بردار | مزاحم نشوید | مزاحم نشو
    مزاحم نشید | ولم کنید | شماره من را پاک کنید | شمارمو پاک کنید | شماره‌ام را حذف کنید
    من را حذف کنید
weak: پایان | بس | کنسل | کافیه | کافی است
polite: لطفا | لطفاً | خواهش میکنم | خواهش می‌کنم | ممنون | متشکرم | مرسی | سلام | با سلام | من
    مرا | منو | ما | شما | تو | الان | فورا | دیگر | دیگه | دوباره | هرگز | هیچوقت | هیچ وقت
    به | با | این | شماره | شماره‌ام | را | رو | و | که | از | بله | نه | ام | تون | اصلا | باز
    وقت | برای
asks: میشه | می‌شود | ممکنه | ممکن است | می‌توانید | میتونید
ends: بس کنید | بس کن | تمام کنید | متوقف کنید | قطع کنید | دست بردارید | خودداری کنید
    تمامش کنید | متوقف شود
denies: نگیرید | نگیر | نزنید | نزن | نکنید | نکن | نفرستید | نفرست | ندهید | ندید | نده
    نمی‌خواهم | نمیخوام | نمی خواهم | نمیخواهم | نشوید | نشو | نشید | نباشید | نداشته باشید
    نمی‌خوام
calls: تماس | تماس‌ها | تماسها | تماس گرفتن | تماس‌های | زنگ | زنگ زدن | پیام | پیامک | پیام دادن
    مزاحم | مزاحمت | تبلیغات | تبلیغ | تبلیغاتی | تلفن | پیامها | پیام‌ها | اذیت
limits: قبل | بعد | تا | امروز | فردا | امشب | صبح | شب | شنبه | یکشنبه | دوشنبه | سه‌شنبه
    چهارشنبه | پنجشنبه | جمعه | اگر | اگه | وقتی | فقط | ساعت | زود | دیر | سر کار | مگر | پس
turns: چرا | فراموش | یادتون | یادتان | نمیتونم | نمی‌توانم | نتوانستم | کسی | چه کسی | چطور
    نگرفتید | نزدید | دریغ
hints: شماره اشتباه | اشتباه گرفتید | علاقه‌ای ندارم | علاقه ندارم | شماره من را از کجا آوردید
harmless: ایستگاه | ایستگاه اتوبوس | بدون توقف | در پایان
"""

URDU = """
alone: رکو | رک جاؤ | رک جائیں | روکیں | روکو | روک دیں | بند کرو | بند کریں | بند کر دیں
    بس کرو | بس کریں | مجھے تنگ نہ کریں | مجھے تنگ نہ کرو | تنگ مت کرو | میرا نمبر ہٹا دیں
    میرا نمبر حذف کریں | پریشان نہ کریں | ان سبسکرائب | اسٹاپ | سٹاپ
weak: بس | ختم | منسوخ | کینسل
polite: براہ کرم | براہ مہربانی | مہربانی | مہربانی کرکے | پلیز | شکریہ | السلام علیکم | سلام
    ہیلو | میں | مجھے | مجھ | ہمیں | آپ | تم | اب | ابھی | فورا | دوبارہ | آئندہ | پھر | مزید
    اس | نمبر | پر | کو | سے | کی | کا | یہ | میرے | اور | کبھی بھی | کبھی | جی | ہاں | کرنا
    کرنی | کر | کرو | کریں | کیجیے | کیجئے | کرے | بھی | دیں | دو | جائے | بھیجنا | فون پر
asks: کیا آپ | کیا
ends: بند | بند کرو | بند کریں | بند کر دیں | بند کردیں | روکیں | چھوڑ دیں | بس کریں | بس کرو
denies: مت | نہ | مت کرو | مت کریں | نہ کریں | نہ کرو | نہ کیجیے | نہیں چاہیے | نہیں چاہتا
    نہیں چاہتی | مت کرنا | نہ کرنا
calls: کال | کالز | کالیں | کال کرنا | فون | فون کرنا | رابطہ | میسج | میسجز | پیغام | پیغامات
    تنگ | پریشان | اشتہار | اشتہارات | بھیجیں
limits: پہلے | بعد | تک | آج | کل | رات | صبح | شام | پیر | منگل | بدھ | جمعرات | جمعہ | ہفتہ
    اتوار | اگر | جب | صرف | بجے | واپس | دفتر
turns: کیوں | بھولیں | بھولنا | بھولیے | جھجکیں | نہیں کر سکتا | کوئی | کون | کیسے | کیا نہیں
hints: غلط نمبر | رانگ نمبر | دلچسپی نہیں | مجھے دلچسپی نہیں
harmless: بس اسٹاپ | بس سٹاپ | بس اڈہ | بس میں
"""

INDONESIAN = """
alone: berhenti | hentikan | stop | setop | berhenti berlangganan | jangan ganggu
    jangan ganggu saya | jangan diganggu | hapus nomor saya | hapus no saya | keluarkan saya
    jangan kacau | jangan hubungi | henti | tolong berhenti | unreg | tak nak
    padam nombor saya | buang nombor saya | biarkan saya sendiri
weak: batal | batalkan | cukup | keluar | selesai | tamat | sudah | udah
polite: tolong | mohon | harap | terima kasih | makasih | trims | halo | hai | selamat pagi
    selamat siang | selamat sore | selamat malam | saya | aku | sy | gue | gw | kami | anda
    kamu | kalian | pak | bu | bapak | ibu | mas | mbak | kak | min | sekarang | segera | lagi
    lg | ke | nomor | no | nomer | ini | itu | dan | ya | untuk | dengan | pernah | terus
    semua | dari | di | sila | tuan | puan | encik | nombor | bos | dong | deh | sudah | ingin
    mau | mahu | nak | yang | telah | minta | pernah lagi
asks: bisakah | bisa | boleh | bolehkah | dapatkah
ends: berhenti | hentikan | stop | setop | henti | cukup | sudahi | hentikanlah
    tolong berhenti
denies: jangan | jgn | tidak mau | tidak ingin | gak mau | ga mau | nggak mau | tak mau
    tak nak | tidak mahu | dilarang | jangan pernah | janganlah | tidak usah | gausah | ga usah
    gak usah | tak usah | tidak perlu
calls: telepon | telpon | telp | tlp | nelpon | menelepon | menelpon | ditelepon | ditelpon
    telefon | menelefon | hubungi | menghubungi | dihubungi | call | panggil | panggilan
    kontak | wa | chat | pesan | kirim | mengirim | kirimi | sms | ganggu | mengganggu
    diganggu | spam | iklan | promosi | promo | kacau | mesej | hantar | menghantar
limits: sebelum | sesudah | setelah | sampai | hari ini | besok | nanti | malam | pagi | siang
    sore | senin | selasa | rabu | kamis | jumat | sabtu | minggu | kalau | jika | ketika | saat
    hanya | terlalu | balik | jam | kerja | kecuali | dulu | esok | isnin | khamis | jumaat
    ahad | pukul | selepas | hingga | perlu | usah
turns: kenapa | mengapa | lupa | ragu | segan | sungkan | bisa tidak | tidak bisa | tak bisa
    tak boleh | siapa | bagaimana | belum | jangan berhenti | tidak pernah | malu | jemu
hints: salah nomor | salah sambung | tidak tertarik | ga minat | tidak minat | tidak berminat
    nombor salah | dapat nomor saya dari mana
harmless: halte | tanpa henti | berhenti di | perhentian | bus stop
"""

SWAHILI = """
alone: acha | acheni | simama | simamisha | komesha | jiondoe | niondoe | niondoeni
    ondoa namba yangu | futa namba yangu | niache | niacheni | usinisumbue | msinisumbue
weak: mwisho | ghairi | sitisha | basi | inatosha
polite: tafadhali | tafadhalini | asante | asanteni | habari | jambo | hujambo | mimi | wewe
    nyinyi | sasa | mara moja | tena | zaidi | kwa | hii | namba | nambari | yangu | na | ndiyo
    kamwe | kabisa | ya | za | kwenye | nataka
asks: unaweza | mnaweza | je unaweza
ends: acha | acheni | komesha | simamisha | sitisha | achana na
denies: sitaki | hapana | hakuna | usije | marufuku
calls: kupiga | kunipigia | kupiga simu | kunipigia simu | simu | kuwasiliana | kunitumia
    ujumbe | meseji | kunisumbua | matangazo | kupigiwa | kupigiwa simu
never: usinipigie | msinipigie | usinipigie simu | msinipigie simu | usipige | msipige
    usinitumie | msinitumie | usinisumbue | msinisumbue | usiniandikie | usipige simu
limits: kabla | baada | hadi | leo | kesho | usiku | asubuhi | jioni | jumatatu | kama | ikiwa
    tu | saa | kazini | baadaye
turns: kwa nini | mbona | usisahau | msisahau | siwezi | nani | vipi
hints: namba si sahihi | umekosea namba | sina nia | sipendi
harmless: kituo | mwisho wa | kituo cha basi
"""

VIETNAMESE = """
alone: dừng | dừng lại | ngừng | ngừng lại | hủy đăng ký | huỷ đăng ký | hủy | từ chối
    đừng làm phiền | đừng làm phiền tôi | để tôi yên | hãy để tôi yên | xóa số của tôi
    xoá số của tôi | không làm phiền | thôi đi
weak: kết thúc | thôi | đủ rồi | hết
polite: xin | vui lòng | làm ơn | xin vui lòng | cảm ơn | cám ơn | xin chào | chào | tôi | mình
    cho tôi | tui | em | anh | chị | bạn | các bạn | ngay | ngay lập tức | nữa | lại | thêm
    nữa nhé | nhé | ạ | vào | số | này | điện thoại | và | hãy | bao giờ | mọi | tất cả | cho
    đến | với | việc | được | muốn | các | những | cuộc
asks: có thể | bạn có thể | các bạn có thể
ends: dừng | ngừng | dừng việc | ngừng việc | thôi | hãy dừng | hãy ngừng | dừng ngay | chấm dứt
denies: đừng | đừng có | không muốn | không được | không | đừng bao giờ | chớ | miễn | cấm
    không cần
calls: gọi | gọi điện | gọi điện thoại | cuộc gọi | liên lạc | liên hệ | nhắn tin | tin nhắn
    nhắn | gửi tin | gửi tin nhắn | làm phiền | quấy rầy | quấy rối | quảng cáo | gọi lại nữa
    gọi cho tôi | gọi tới
limits: trước | sau | đến khi | hôm nay | ngày mai | tối nay | buổi tối | buổi sáng | thứ hai
    thứ ba | thứ tư | thứ năm | thứ sáu | thứ bảy | chủ nhật | cuối tuần | nếu | khi | chỉ | sớm
    muộn | giờ | lúc | gọi lại | công việc | khuya | trưa
turns: tại sao | vì sao | sao | quên | đừng quên | ngần ngại | không thể | không ai | ai
    thế nào | chưa | không gọi được | đừng ngừng | đừng dừng | ngại
hints: nhầm số | sai số | không quan tâm | không có nhu cầu | lấy số tôi ở đâu
harmless: điểm dừng | trạm dừng | trạm | không ngừng
"""

FILIPINO = """
alone: tigil | itigil | tumigil | huminto | hinto | tama na | tigilan | tigilan niyo
    tigilan mo | tigilan nyo na | tigilan mo na ako | tigilan nyo na ako | huwag manggulo
    huwag istorbohin | tanggalin niyo ako | burahin ang number ko | alisin ang number ko
    stop na | lubayan niyo ako
weak: tapos | kanselahin | sapat na
polite: po | pakiusap | paki | pakiusap po | salamat | salamat po | maraming salamat | kumusta
    hello po | ako | akin | sa | niyo | nyo | ninyo | kayo | mo | ka | ko | na | ngayon | agad
    ulit | muli | pa | ang | ng | mga | itong | number | numero | numerong | ito | at | oo
    sana | lang | kahit kailan | kahit | kailanman | kayong | akong | kong | ninyong | nyong
    niyong | mong | please po | opo | kami | amin | nang
asks: pwede ba | maaari ba | pwede po ba | maaari po bang | pwede bang
ends: itigil | tigilan | tumigil | ihinto | tama na | stop na | tumigil na | tigil
denies: huwag | wag | huwag na | wag na | ayaw | ayaw ko | ayoko | ayoko na | hindi na | bawal
calls: tawag | tumawag | tumatawag | tawagan | pagtawag | tawagin | makipag-ugnayan | kontakin
    mag-text | text | itext | i-text | mensahe | mag-message | i-message | istorbo | istorbohin
    mang-istorbo | abalahin | magpadala | padalhan | guluhin | mang-abala | pangungulit
    mangulit | tinatawagan | tawagan pa
limits: bago | pagkatapos | hanggang | bukas | mamaya | gabi | umaga | lunes | martes
    miyerkules | huwebes | biyernes | sabado | linggo | kung | kapag | pag | lamang | maaga
    trabaho | pabalik | muna | oras
turns: bakit | kalimutan | kalimutang | makalimutan | mag-atubiling | mahiya | hindi makatawag
    walang | sino | paano
hints: maling number | wrong number | hindi interesado | di interesado | hindi ako interesado
harmless: hintuan | bus stop
"""
