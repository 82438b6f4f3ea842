"""Spanish, Portuguese, French, Italian, Romanian, Catalan."""

SPANISH = """
alone: parar | paren | pare | para ya | alto ya | baja | darme de baja | dar de baja
    darse de baja | quiero darme de baja | denme de baja | deme de baja | dame de baja
    cancelar suscripción | desuscribir | desuscribirme | déjenme en paz | déjame en paz
    déjeme en paz | no molestar | no molesten | no moleste | no molestes | bórrenme
    borren mi número | borra mi número | eliminen mi número | elimine mi número
    elimina mi número | quítenme de la lista | stop ya | sáquenme de la lista | no contactar
    no más | ya no más | ya paren
weak: alto | basta | cancelar | fin | terminar | detener | deténgase | deténganse | ya basta
    suficiente
polite: por favor | porfavor | porfa | porfis | xfa | xfavor | gracias | muchas gracias | hola
    buenos días | buenas | buenas tardes | buenas noches | señor | señora | señorita | me | mi
    a mí | nos | yo | usted | ustedes | tú | ya | ahora | ahora mismo | más | otra vez
    de nuevo | nuevamente | a | este | número | de | teléfono | que | quiero | quisiera | deseo
    le pido | les pido | te pido | favor de | le | les | te | se | y | sí | el | la | al | los
    las | mis | sus | solo | todo | todas | todos | por | en | volver | vuelvan a | vuelva a
    vuelvas a | con | recibir | seguir | hacer | enviar | hagan | reciba | haga | ni | es | esta
    esto | estas | estos | inmediatamente | en absoluto | nada | su | recibo
asks: pueden | puede | podrían | podría | puedes | podrías | sería tan amable de
    serían tan amables de
ends: dejen de | deje de | deja de | dejad de | dejar de | paren de | pare de | para de
    parad de | cesen de | cese de | cesen | basta de | detengan | detenga | suspendan | suspenda
    eviten | evite | absténganse de | absténgase de | cancelen | cancele | terminen de | stop a
    paren con
denies: no | ya no | nunca | nunca más | jamás | no más | ninguna | ningún | tampoco | no quiero
    no deseo | no quiero que | no vuelvan a | no vuelva a | prohíbo | sin más
calls: llamen | llame | llames | llaméis | llamar | llamarme | llamarnos | llamando | llamándome
    llamada | llamadas | telefoneen | contacten | contacte | contactes | contactar | contactarme
    contactando | escriban | escriba | escribas | escribir | escribirme | escribiendo
    escribiéndome | molesten | moleste | molestes | molestar | molestarme | molestando
    molestándome | mensajes | mensaje | manden | mande | mandes | mandar | mandarme | envíen
    envíe | envíes | enviarme | publicidad | promociones | marquen | marque | marques | marcar
    insistan | insista | insistir | insistas | llamas | llaman a mi | comuniquen | comunicarse
    contacto | ser llamado | ser contactado
limits: antes | después | hasta | hoy | mañana | por la noche | en la noche | por la tarde
    lunes | martes | miércoles | jueves | viernes | sábado | domingo | fin de semana | si
    cuando | mientras | solamente | tan temprano | tan tarde | tan seguido | tanto | trabajo
    salvo | excepto | devolver | devuelvan | de vuelta | luego | a la hora | por ahora | todavía
    aún | horas | hace falta | es necesario | temprano | tarde | siesta | sin avisar | mi esposa
    mi marido | mi madre
turns: por qué | porque no | olvide | olviden | olvides | olvidar | dude | duden | dudes | dudar
    puedo | pude | pudo | podemos | pudimos | pudieron | no pueden | no puede | nadie | quién
    cómo | cuándo | no han | no ha | han | ha | he | había | para qué | qué pasa | por que
    no se | no dejen | no deje | no dejes | no me han | nunca me | si no
hints: número equivocado | equivocado | no me interesa | no estoy interesado
    no estoy interesada | quién les dio mi número | acoso | hartos | harto | harta
    no interesado | los voy a bloquear | de dónde sacaron mi número | los voy a denunciar | spam
harmless: alto nivel | baja calidad | más alto | tan alto | en alto | parar en | sin parar
    para el | para la | para mí | para que | para un | para una | la parada | planta baja
    temporada baja | baja la | de baja calidad | al final | por fin
"""

PORTUGUESE = """
alone: parar | pare | parem | pare já | para já | pare com isso | parem com isso | sair
    descadastrar | descadastre | me descadastre | cancelar inscrição | remover | remova
    me remova | me removam | me deixe em paz | me deixem em paz | deixe-me em paz
    deixem-me em paz | me tire da lista | me tira da lista | tire meu número | apague meu número
    exclua meu número | remova meu número | não perturbe | não incomodar | não incomode
    não quero mais | não quero mais nada | chega | retirar | removam meu número | não contactar
    parem já
weak: cancelar | cancele | cancela | fim | basta | encerrar | encerre | para | remover
polite: por favor | porfavor | pfv | pf | por gentileza | favor | obrigado | obrigada | obg
    valeu | olá | oi | bom dia | boa tarde | boa noite | senhor | senhora | me | mim | para mim
    pra mim | nos | eu | você | vc | vocês | vcs | já | agora | mais | de novo | novamente
    outra vez | este | esse | nesse | neste | número | telefone | que | quero | gostaria
    desejo | peço | a | o | e | de | sim | meu | minha | meus | só | tudo | todas | todos | lhe
    lhes | por | em | no | pro | para o | para este | para esse | voltar | voltem a | volte a
    nem | receber | fazer | enviar | essas | esses | as | os | das | com | imediatamente | nada
    definitivamente | da | do | isso | suas | seus | ficar | fiquem | fique | gente
asks: podem | pode | poderiam | poderia | você pode | vocês podem | você poderia | dá para
    tem como
ends: parem de | pare de | para de | parar de | deixe de | deixem de | deixa de | chega de
    basta de | cessem | cesse | suspendam | suspenda | cancelem | evitem | parem com | pare com
    para com | parem com as | pare com as | cancelem as | encerrem
denies: não | nao | nunca | nunca mais | jamais | não mais | nenhuma | nenhum | não quero
    não quero que | n | ñ | não desejo | não quero mais | sem mais | num
calls: telefone | liguem | ligue | liga | ligues | ligar | ligando | me ligar | ligação
    ligações | telefonem | telefone para mim | telefonar | telefonema | telefonemas | contatem
    contate | contatar | contacte | contactem | contactar | contato | contacto
    entrem em contato | entre em contato | entrar em contato | escrevam | escreva | escrever
    mensagem | mensagens | mandem | mande | mandar | mandando | enviem | envie
    enviar mensagens | incomodem | incomode | incomodar | incomodando | perturbem | perturbe
    perturbar | perturbando | propaganda | publicidade | chamadas | chamada | chamem
    importunem | importune | importunar | encham | me chamar | promoções | contatado
limits: antes | depois | até | hoje | amanhã | à noite | de noite | à tarde | segunda | terça
    quarta | quinta | sexta | sábado | domingo | fim de semana | se | quando | enquanto
    somente | apenas | tão cedo | tão tarde | tanto | trabalho | exceto | de volta | retornar
    por enquanto | ainda | horas | precisa | cedo | tarde | minha esposa | meu marido
    minha mãe | sem avisar
turns: por que | porque não | por quê | esqueça | esqueçam | esquecer | esquece | hesite
    hesitem | posso | pude | não pôde | podemos | consegui | consigo | conseguimos | não podem
    não pode | ninguém | quem | como | não deixe de | não deixem de | foi | ligou | ligaram
    tem | têm | tinha | pra que | se não | deixe de nos
hints: número errado | engano | foi engano | não tenho interesse | não me interessa
    sem interesse | quem deu meu número | assédio | vou bloquear | vou denunciar
    não estou interessado | não estou interessada | como conseguiram meu número
harmless: sem parar | parar em | para o dia | para a | para as | para os | para que | para um
    para uma | no fim | fim de | parada de | para hoje | para amanhã | sair de | sair com
    vou sair | sair hoje
"""

FRENCH = """
alone: arrêt | arrêter | arrêtez | arrête | arrêtez ça | arrêtez tout | arrête ça | désabonner
    désabonnement | se désabonner | me désabonner | désabonnez-moi | désinscription
    désinscrire | me désinscrire | désinscrivez-moi | résiliation | laissez-moi tranquille
    laisse-moi tranquille | fichez-moi la paix | foutez-moi la paix | retirez-moi
    retirez mon numéro | supprimez mon numéro | effacez mon numéro | retirez-moi de la liste
    ne pas déranger | retirez-moi de votre liste | plus de contact | arrêtez maintenant
    stop SMS | stop appels | ça suffit | opposition | supprimez-moi
weak: fin | résilier | annuler | annulez | assez | cessez | quitter | basta
polite: s'il vous plaît | s'il vous plait | s'il te plaît | svp | stp | merci | merci beaucoup
    bonjour | bonsoir | salut | monsieur | madame | je | j | me | m | moi | nous | vous | tu | t
    maintenant | tout | de suite | immédiatement | encore | de nouveau | à nouveau | sur | à
    ce | numéro | mon | de | d | que | qu | veux | voudrais | souhaite | demande | et | le | la
    les | l | des | du | ces | vos | cette | par | en | tous | toutes | être | recevoir | oui
    non | avec | téléphone | prie | bien vouloir | bonne journée | cordialement | y | désormais
    dorénavant | au | autre | faire | a | ai | c est | est | mes | veuillez | merci de | merci d
    prière de | prière d | va | jamais plus | votre | telephone
asks: pouvez-vous | pourriez-vous | peux-tu | pourrais-tu | est-ce que vous pouvez
    serait-il possible | vous pouvez | vous pourriez
ends: arrêtez de | arrêtez d' | arrête de | arrête d' | arrêter de | arrêter d' | cessez de
    cessez d' | cesse de | cesse d' | cesser de | cesser d' | arrêtez | arrêtez les | stop aux
    assez de | cessez | abstenez-vous de | évitez de | mettez fin | fin des | interdis | refuse
    je m'oppose | suspendez
denies: ne | n' | pas | plus | plus jamais | jamais | aucun | aucune | ne pas | ne plus
    n'... plus | ni | pas de | plus de | plus aucun | plus d'
calls: appeler | appelez | appelle | appelles | m'appeler | appels | appel | téléphoner
    téléphonez | téléphone-moi | rappelez | rappeler plus | contacter | contactez | contacte
    contact | contacts | être appelé | être contacté | être contactée | écrire | écrivez | écris
    messages | message | sms | déranger | dérangez | dérange | importuner | importunez
    harceler | harcelez | publicité | publicités | démarchage | démarchages | démarcher
    démarchez | pub | pubs | solliciter | sollicitez | sollicitations | embêter | embêtez
    appelés | joindre | promotions | envoyer | envoyez | envoie
limits: avant | après | jusqu'à | jusqu | aujourd'hui | demain | ce soir | le soir | la nuit
    lundi | mardi | mercredi | jeudi | vendredi | samedi | dimanche | week-end | weekend | si
    quand | lorsque | pendant | seulement | plus tard | plus tôt | si tôt | si tard | si souvent
    travail | sauf | sans | avant de | pour l'instant | pour le moment | tout de suite plus
    heures | h | besoin | la peine | bureau | matin | le matin | trop | aussi souvent
    plus souvent | ma femme | mon mari | que le
turns: pourquoi | oubliez | oublie | oublier | n'oubliez pas | hésitez | hésite | hésiter | peux
    peux pas | pu | pouvais | pouvons | pouvez pas | n'ai pas | n'avez pas | n'a pas | n'ont pas
    personne | qui | comment | avez | ont | avait | plus vite | au plus vite | plus rapidement
    manquez | manquez pas | n'arrêtez pas | si vous ne | vous ne m'avez | arrive pas | arrive
    réussi | n'arrive
hints: mauvais numéro | faux numéro | pas intéressé | pas intéressée | erreur de numéro
    harcèlement | comment avez-vous eu mon numéro | porter plainte | je vous bloque
    ne m'intéresse pas | pas intéressés | marre
harmless: arrêt de bus | arrêt de travail | arrêt maladie | l'arrêt du | fin de | en fin
    à la fin | arrêt du | sans arrêt | un arrêt | fin du | l'arrêt | fin de semaine
    prochain arrêt | non-stop | arrêté
"""

ITALIAN = """
alone: fermati | fermatevi | ferma | smettila | smettetela | la smetta | smetti | smettete
    smetta | disiscrivimi | cancellami | cancellatemi | disiscrizione | annulla iscrizione
    disdetta | lasciatemi in pace | lasciami in pace | mi lasci in pace | non disturbare
    non disturbate | rimuovetemi | toglietemi dalla lista | cancellate il mio numero
    cancelli il mio numero | rimuovete il mio numero | rimuovi il mio numero
    cancella il mio numero | disiscrivetemi | non mi disturbate | opposizione
weak: basta | fine | annulla | cancella | stoppare | disdire | interrompi | basta così | alt
polite: per favore | per piacere | per cortesia | cortesemente | gentilmente | grazie
    grazie mille | salve | ciao | buongiorno | buonasera | signore | signora | io | mi | me
    a me | ci | voi | lei | tu | ora | adesso | subito | più | ancora | di nuovo | mai più | a
    questo | numero | su | al | il | lo | la | le | i | gli | di | che | voglio | vorrei
    desidero | chiedo | prego | vi | ti | e | sì | no | tutto | tutte | tutti | da | vostre
    con | ricevere | essere | fare | queste | questi | altre | alcuna | immediatamente
    d'ora in poi | mie | assolutamente | telefono | mio | del | della | delle | in | nessun modo
    vostri | continuare a
asks: potete | può | potreste | potrebbe | puoi | potresti | è possibile
ends: smettete di | smettetela di | smettila di | smetti di | smetta di | la smetta di
    smettere di | basta con | finitela di | finiscila di | finitela con | cessate di | cessi di
    cessare di | piantatela di | interrompete | evitate di | eviti di | basta con le | stop alle
    basta
denies: non | mai | mai più | nessuna | nessun | niente | non voglio | non voglio che | non più
    vietato
calls: chiamare | chiamate | chiami | chiamarmi | chiamatemi | chiamarci | chiamata | telefonare
    telefonate | telefonarmi | telefoni | telefonatemi | contattare | contattate | contattarmi
    contatti | contattatemi | essere chiamato | essere contattato | essere contattata | scrivere
    scrivermi | scrivete | scrivetemi | scriva | messaggi | messaggio | disturbare | disturbarmi
    disturbate | disturbatemi | disturbi | importunare | importunarmi | importunate | pubblicità
    mandate | mandare | mandarmi | inviate | inviarmi | molestare | molestarmi | rompere
    squilli | contatto | telemarketing
limits: prima | dopo | fino | oggi | domani | stasera | la sera | di notte | lunedì | martedì
    mercoledì | giovedì | venerdì | sabato | domenica | fine settimana | weekend | se | quando
    mentre | solo | soltanto | così presto | così tardi | così spesso | lavoro | tranne
    eccetto | richiamare | richiamate | più tardi | per ora | ore | serve | bisogno | necessario
    presto | tardi | senza | al momento | mia moglie
turns: perché | come mai | dimenticate | dimentichi | dimenticare | dimenticarti | esitate
    esiti | esitare | posso | potuto | possiamo | riesco | riusciti | nessuno | chi | come | ha
    hanno | avete | aveva | scordate | scordi | mancate | sono riuscito | smettere mai
    non smettete | non smetta | se non
hints: numero sbagliato | non mi interessa | non sono interessato | non sono interessata
    molestie | chi vi ha dato il mio numero | vi blocco | vi denuncio | nessun interesse
harmless: alla fine | fine settimana | in fine | fermata | senza fermarsi | buon fine settimana
    fine del | fine mese | va bene | a fine
"""

ROMANIAN = """
alone: oprește | opriți | opriti | opreste-te | opriți-vă | dezabonare | dezabonează-mă
    dezabonați-mă | lăsați-mă în pace | lasă-mă în pace | ștergeți numărul meu
    ștergeți-mi numărul | șterge numărul meu | scoateți-mă din listă | încetați | încetează
    terminați
weak: anulare | anulează | gata | sfârșit | ajunge
polite: vă rog | te rog | va rog frumos | mulțumesc | mersi | bună ziua | bună | salut | mă | m
    îmi | mi | ne | eu | dumneavoastră | voi | tu | acum | imediat | mai | din nou | iar | pe
    acest | număr | numărul | meu | la | să | vreau | doresc | aș vrea | dori | și | cu | de
    nici | da | nu vreau | toate | aceste | vreodată | a | le | îl | o | fi | primesc | sa
asks: puteți | ați putea | poți | ai putea | se poate
ends: opriți | încetați să | încetează să | încetați cu | opriți-vă din | terminați cu
    termină cu | gata cu | nu mai doresc | nu mai vreau | lăsați
denies: nu | nu mai | niciodată | nicio | niciun | deloc | fără
calls: sunați | suna | sună | sunați-mă | apelați | apela | apeluri | apelul | telefonați
    telefona | telefoane | contactați | contacta | contacta-mă | contactați-mă | contactat
    contactată | scrieți | scrie | mesaje | mesaj | deranjați | deranja | deranjez | deranjeze
    trimiteți | trimite | reclame | fiu sunat | fiu contactat | hărțuiți | apelat
limits: înainte | după | până | astăzi | azi | mâine | diseară | luni | marți | miercuri | joi
    vineri | sâmbătă | duminică | weekend | dacă | când | doar | așa devreme | așa târziu
    înapoi | mai târziu | serviciu | acum nu | deocamdată | nevoie | ora | atât de des
turns: de ce | uitați | uita | ezitați | ezita | pot | am putut | putem | nimeni | cine | cum
    ați | au | a sunat | nu opriți
hints: număr greșit | ați greșit numărul | nu mă interesează | nu sunt interesat
    nu sunt interesată
harmless: stația | gata făcut | sunt gata | e gata | gata pentru
"""

CATALAN = """
alone: atureu | prou | donar de baixa | doneu-me de baixa | baixa | deixeu-me en pau
    deixa'm en pau | esborreu el meu número | elimineu el meu número
weak: fi | cancel·lar | aturar
polite: si us plau | sisplau | gràcies | hola | bon dia | em | m | me | jo | vostè | vosaltres
    tu | ara | més | mai més | un altre cop | a | aquest | número | de | que | vull | voldria
    i | el | la | les | al | ja | cap | meu | torneu a
asks: podeu | pot | podríeu | podria
ends: deixeu de | deixa de | deixi de | pareu de | para de | prou de | prou
denies: no | mai | mai més | ja no | no més | cap
calls: truqueu | truqui | truquis | trucar | trucar-me | trucades | trucada | contacteu
    contactar | contactar-me | escriviu | escriure | molesteu | molesti | molestar | missatges
    envieu | publicitat
limits: abans | després | fins | avui | demà | dilluns | dimarts | dimecres | dijous | divendres
    dissabte | diumenge | si | quan | només | més tard | feina
turns: per què | oblideu | oblidi | oblidar | dubteu | puc | ningú | qui | com | heu | han
hints: número equivocat | no m'interessa | no estic interessat | no estic interessada
harmless: parada | planta baixa
"""
