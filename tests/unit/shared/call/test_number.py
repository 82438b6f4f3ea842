"""One number, many spellings: the key that they share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.call.number import number_key
from shared.call.person import Person

SAME = [
    # Brazil: the ninth digit
    ("553188887777", "5531988887777"),
    ("551161234567", "5511961234567"),
    # Mexico: the 1
    ("5215512345678", "525512345678"),
    # Argentina: the 9
    ("541112345678", "5491112345678"),
    ("543511234567", "5493511234567"),
    # Ivory Coast: Moov, MTN, Orange by the second digit
    ("22501234567", "2250101234567"),
    ("22540234567", "2250140234567"),
    ("22505234567", "2250505234567"),
    ("22564234567", "2250564234567"),
    ("22507234567", "2250707234567"),
    ("22589234567", "2250789234567"),
    # and its fixed lines by the third
    ("22520812345", "2252120812345"),
    ("22520012345", "2252520012345"),
    ("22530012345", "2252530012345"),
    ("22520212345", "2252720212345"),
    ("22536812345", "2252736812345"),
    # Benin
    ("22997123456", "2290197123456"),
    ("22921123456", "2290121123456"),
    # Gabon, with and without the 0 that was dialed from abroad
    ("24107123456", "24177123456"),
    ("2417123456", "24177123456"),
    ("24104123456", "24174123456"),
    ("24106123456", "24166123456"),
    ("24102123456", "24162123456"),
    ("24105123456", "24165123456"),
    ("24101123456", "24111123456"),
    ("241077123456", "24177123456"),
    # Cameroon
    ("23777123456", "237677123456"),
    ("23799123456", "237699123456"),
    ("23755123456", "237655123456"),
    ("23722123456", "237222123456"),
    ("23733123456", "237233123456"),
    # Vietnam
    ("841681234567", "84381234567"),
    ("841621234567", "84321234567"),
    ("841201234567", "84701234567"),
    ("841211234567", "84791234567"),
    ("841221234567", "84771234567"),
    ("841261234567", "84761234567"),
    ("841281234567", "84781234567"),
    ("841231234567", "84831234567"),
    ("841241234567", "84841234567"),
    ("841251234567", "84851234567"),
    ("841271234567", "84811234567"),
    ("841291234567", "84821234567"),
    ("841861234567", "84561234567"),
    ("841881234567", "84581234567"),
    ("841991234567", "84591234567"),
]
OTHERS = [
    # a mobile number whose eight digits would be somebody's landline, and that landline
    ("5511923456789", "551123456789"),
    ("551131234567", "5511931234567"),
    # a landline of Brazil is no mobile number
    ("553132345678", "5531932345678"),
    # other countries that begin alike
    ("521", "52"),
    ("15550001111", "5550001111"),
    ("22507234567", "2250507234567"),
    ("2290197123456", "2290197123457"),
    # a Mexican number has ten digits
    ("52155123456", "5255123456"),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_all_spellings_of_a_number_have_one_key(old: str, new: str) -> None:
    """The number of the plan of now is the key, of itself as well."""
    assert number_key(old) == number_key(new) == new


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_different_numbers_have_different_keys(one: str, other: str) -> None:
    """Whoever wrote STOP is one person, and nobody else."""
    assert number_key(one) != number_key(other)


@pytest.mark.parametrize(
    "text", ["5531988887777", "+55 31 98888-7777", "0055 (31) 8888.7777", "+553188887777"]
)
def test_what_is_written_around_the_digits_does_not_count(text: str) -> None:
    """Nor `00` before the country code."""
    assert number_key(text) == "5531988887777"


@given(st.text(alphabet="0123456789+ x", max_size=20))
def test_a_keys_key_is_itself(text: str) -> None:
    """Whatever it was made of; a key is digits."""
    key = number_key(text)
    assert number_key(key) == key
    assert key == "" or key.isdecimal()


def test_a_number_that_nobody_respelled_is_its_own_key() -> None:
    """And nothing has none."""
    assert number_key("15550001111") == "15550001111"
    assert number_key("4915112345678") == "4915112345678"
    assert number_key("hidden") == ""


def test_a_person_is_compared_by_the_id_else_by_the_number() -> None:
    """The id stays when the number changes its spelling."""
    assert Person(phone="553188887777").key == Person(phone="5531988887777").key
    assert Person(user_id="BR.1", phone="553188887777").key == "BR.1"
    assert Person(user_id="BR.1").key == "BR.1"
