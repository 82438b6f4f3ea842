"""What is said where no model says it: the phrases of a profile, and those that everybody has."""

from collections.abc import Mapping

from shared.profiles.part import Part, Words


class Phrases(Part):
    """What is said in one language; what a profile leaves out is said as we would."""

    bridging: Words | None = None
    """Heard at once when the model is lost, while another session is made."""
    farewell: Words | None = None
    """The goodbye when no model can be had any more; a text follows."""
    apology: Words | None = None
    """What a caller is answered with when no model can be reached at all."""
    filler: Words | None = None
    """Said while a tool takes its time."""
    still_there: Words | None = None
    """Asked once after a long silence."""


class Spoken(Part):
    """All phrases in one language."""

    language: str
    bridging: Words
    farewell: Words
    apology: Words
    filler: Words
    still_there: Words


_OURS: Mapping[str, tuple[str, str, str, str, str]] = {
    "en": (
        "One moment, please.",
        "I am sorry, I cannot go on with this call. We will send you a message. Goodbye.",
        "I am sorry, we cannot take your call just now. We will send you a message. Goodbye.",
        "One moment, I am looking into it.",
        "Are you still there?",
    ),
    "de": (
        "Einen Moment bitte.",
        "Es tut mir leid, ich kann das Gespräch nicht fortsetzen. Wir schreiben Ihnen eine "
        "Nachricht. Auf Wiederhören.",
        "Es tut mir leid, wir können Ihren Anruf gerade nicht annehmen. Wir schreiben Ihnen eine "
        "Nachricht. Auf Wiederhören.",
        "Einen Moment, ich sehe nach.",
        "Sind Sie noch da?",
    ),
    "es": (
        "Un momento, por favor.",
        "Lo siento, no puedo seguir con la llamada. Le enviaremos un mensaje. Adiós.",
        "Lo siento, ahora mismo no podemos atender su llamada. Le enviaremos un mensaje. Adiós.",
        "Un momento, lo estoy mirando.",
        "¿Sigue ahí?",
    ),
    "fr": (
        "Un instant, s'il vous plaît.",
        "Je suis désolé, je ne peux pas poursuivre cet appel. Nous vous enverrons un message. "
        "Au revoir.",
        "Je suis désolé, nous ne pouvons pas prendre votre appel pour le moment. Nous vous "
        "enverrons un message. Au revoir.",
        "Un instant, je regarde.",
        "Êtes-vous toujours là ?",
    ),
    "it": (
        "Un momento, per favore.",
        "Mi dispiace, non posso continuare la chiamata. Le invieremo un messaggio. Arrivederci.",
        "Mi dispiace, al momento non possiamo rispondere. Le invieremo un messaggio. Arrivederci.",
        "Un momento, controllo.",
        "È ancora in linea?",
    ),
    "nl": (
        "Een ogenblik, alstublieft.",
        "Het spijt me, ik kan dit gesprek niet voortzetten. We sturen u een bericht. Tot ziens.",
        "Het spijt me, we kunnen uw oproep nu niet aannemen. We sturen u een bericht. Tot ziens.",
        "Een ogenblik, ik kijk het na.",
        "Bent u er nog?",
    ),
    "pt": (
        "Um momento, por favor.",
        "Lamento, não posso continuar esta chamada. Enviaremos uma mensagem. Adeus.",
        "Lamento, não podemos atender a sua chamada agora. Enviaremos uma mensagem. Adeus.",
        "Um momento, estou verificando.",
        "Ainda está aí?",
    ),
}
_KINDS = ("bridging", "farewell", "apology", "filler", "still_there")


def spoken_in(language: str, own: Mapping[str, Phrases]) -> Spoken:
    """Return all phrases in a language: the profile's own, else ours, else ours in English."""
    base = language.partition("-")[0]
    theirs = own.get(language) or own.get(base) or Phrases()
    ours = dict(zip(_KINDS, _OURS.get(base, _OURS["en"]), strict=True))
    return Spoken(language=language, **{**ours, **theirs.model_dump(exclude_none=True)})
