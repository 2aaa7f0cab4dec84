#!/usr/bin/env python3
"""Makes up a file of people with the errors that British administrative records have, and the truth.

usage: gen_people.py RECORDS OUT_DIR [SEED]

Writes `people.parquet` (rec_id, forename, surname, sex, dob, postcode, town, email, nhs_number) and
`truth.parquet` (rec_id, entity_id, name_group, is_child, errors). The same arguments give the same
people. Each person has one to four records; each record is the true person passed through its own
errors. What makes it hard is real: families share surname, address and postcode, some children are
twins, names are spelt by ear, a third of the surnames come from a long tail, people move and marry.
"""

import sys
from importlib import import_module
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pandas as pd

# Name group, the locale whose name lists it uses, its share of households.
GROUPS = [("british", "en_GB", .56), ("south_asian", "en_IN", .16), ("polish", "pl_PL", .10),
          ("turkish", "tr_TR", .07), ("nigerian", "en_NG", .07), ("romanian", "ro_RO", .04)]
LONG_TAIL = .3
HOUSEHOLD_SIZES, HOUSEHOLD_SHARES = [1, 2, 3, 4, 5, 6, 7], [.22, .25, .19, .20, .09, .03, .02]
RECORDS_EACH, RECORDS_SHARES = [1, 2, 3, 4], [.46, .34, .16, .04]
PEOPLE_PER_POSTCODE = 36
TWIN_SHARE = .04
TODAY = np.datetime64("2026-01-01")

# How often a record has each error. A record can have several.
RATES = {
    "forename typing": .045, "forename by ear": .03, "forename short": .045, "forename initial": .006,
    "second forename added": .015, "surname typing": .045, "surname by ear": .03, "surname changed": .03,
    "names swapped": .01, "dob mistaken": .045, "moved": .12, "postcode typing": .02, "email typing": .02,
    "other email": .08, "sex mistaken": .005, "nhs number mistaken": .01,
}
MISSING = {"forename": .008, "surname": .005, "sex": .008, "dob": .015, "postcode": .03, "town": .05,
           "email": .25, "nhs_number": .35}

SHORT_NAMES = {"Elizabeth": "Beth", "Catherine": "Cath", "Katherine": "Kate", "William": "Will", "Robert": "Rob",
               "James": "Jamie", "Thomas": "Tom", "Michael": "Mick", "Christopher": "Kit", "Nicholas": "Nick",
               "Samuel": "Sam", "Benjamin": "Ben", "Joseph": "Joe", "Alexander": "Alex", "Alexandra": "Alex",
               "Matthew": "Matt", "Daniel": "Danny", "Anthony": "Tony", "Jennifer": "Jen", "Rebecca": "Becca",
               "Margaret": "Peggy", "Susan": "Sue", "Patricia": "Trish", "Andrew": "Drew", "Edward": "Ned",
               "Jonathan": "Jon", "Joshua": "Josh", "Victoria": "Vicky", "Charlotte": "Lottie", "Richard": "Rick"}
SPELT_BY_EAR = [("ph", "f"), ("f", "ph"), ("ck", "k"), ("k", "c"), ("ie", "y"), ("y", "ie"), ("ee", "i"), ("c", "s"),
                ("s", "c"), ("z", "s"), ("mac", "mc"), ("th", "t"), ("ah", "a"), ("ou", "oo"), ("w", "v"),
                ("sz", "sh"), ("kh", "k"), ("ei", "ey"), ("ll", "l"), ("nn", "n"), ("tt", "t"), ("rr", "r"),
                ("ce", "se"), ("gh", "g"), ("ae", "ay"), ("j", "i"), ("u", "oo")]
KEY_ROWS = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"]
STEMS = ("Alder Apple Bay Beck Birch Black Bram Broad Burn Cold Cop Cros Dray Dul East Eld Fen Flax Frith Gold Graf "
         "Hag Haw Hazel Hen Hol Ing Kes Lark Led Long Mal Mick Nether Nor Over Pen Plum Quarn Rad Rush Sand Sed "
         "Shap Skel Sut Tad Thur Under Up Wen Wex Whin Wich Yar").split()
ENDS = ("bank beck borough bury by church cliff cot den don fleet fold garth gill hay head holm hope keld lea march "
        "mere mouth ness over pool ram rigg scar set shot slack stock stow thwaite tree wath well wick worth").split()
AREAS = "AL B BN BR BS CB CF CR CT DA DE DN E EN EX GL GU HA HU IG KT L LE LS LU M N NG NW OX PE PO RM S SE".split()
TOWNS = ("Ashwell Barrowby Castlemere Dunholme Eastleigh Farnworth Greatham Hallaton Inverley Kirkham Langport "
         "Marchwood Netherby Oakham Penrith Redcliffe Stanmore Thornbury Upwell Westbury").split()
MAIL = ["gmail.com", "hotmail.co.uk", "outlook.com", "yahoo.co.uk", "icloud.com", "btinternet.com", "sky.com"]
MAIL_SHARES = [.44, .19, .13, .12, .07, .03, .02]


def plain(text):
    """The text without accents, as most systems hold it."""
    text = text.replace("ł", "l").replace("Ł", "L").replace("ı", "i")
    return normalize("NFKD", text).encode("ascii", "ignore").decode()


def weighted(names):
    """Names as an array with probabilities; a list without weights gets a Zipf-like fall."""
    if hasattr(names, "items"):
        texts, weights = list(names), np.array(list(names.values()), float)
    else:
        texts = list(dict.fromkeys(names))
        weights = np.arange(4, 4 + len(texts), dtype=float) ** -.8
    return np.array([plain(text) for text in texts], dtype=object), weights / weights.sum()


def name_lists(locale):
    """Female, male and family names of a locale."""
    provider = import_module(f"faker.providers.person.{locale}").Provider
    family = [names for key in ("last_names", "last_names_male", "male_last_names", "unisex_last_names")
              if (names := getattr(provider, key, None))]
    return (weighted(getattr(provider, "first_names_female", provider.first_names)),
            weighted(getattr(provider, "first_names_male", provider.first_names)),
            weighted(max(family, key=len)))


def draw(rng, names, count):
    """That many names from a weighted list."""
    texts, weights = names
    return rng.choice(texts, count, p=weights)


class Town:
    """The postcodes of the area and the post town of each district."""

    def __init__(self, rng, people):
        count = max(40, people // PEOPLE_PER_POSTCODE)
        districts = [f"{AREAS[i % len(AREAS)]}{1 + i // len(AREAS)}" for i in range(max(6, count // 1400 + 6))]
        letters = np.array(list("ABDEFGHJLNPQRSTUWXYZ"), dtype=object)
        codes = set()
        while len(codes) < count:
            codes.add(f"{rng.choice(districts)} {rng.integers(1, 10)}{rng.choice(letters)}{rng.choice(letters)}")
        self.postcodes = np.array(sorted(codes), dtype=object)
        self.post_town = {district: TOWNS[min(len(TOWNS) - 1, int(rng.pareto(1.1) * 4))] for district in districts}

    def town(self, postcode):
        """The post town of a postcode, if its district is known."""
        return self.post_town.get(postcode.split(" ")[0]) if postcode else None


def nhs_number(serial):
    """A number of ten digits with the right check digit, or none where the check would be ten."""
    digits = f"{serial:09d}"
    check = (11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1))) % 11) % 11
    return None if check == 10 else f"{digits}{check}"


def true_people(rng, count, town):
    """A table of people in households, without errors."""
    sizes = rng.choice(HOUSEHOLD_SIZES, count, p=HOUSEHOLD_SHARES)
    homes = int(np.searchsorted(np.cumsum(sizes), count)) + 1
    home = np.repeat(np.arange(homes), sizes[:homes])[:count]
    place_in_home = np.arange(count) - np.searchsorted(home, home)
    child = place_in_home >= 2

    lists = [name_lists(locale) for _, locale, _ in GROUPS]
    shares = np.array([share for *_, share in GROUPS])
    home_group = rng.choice(len(GROUPS), homes, p=shares / shares.sum())
    group = np.where(rng.random(count) < .93, home_group[home], rng.choice(len(GROUPS), count, p=shares / shares.sum()))
    sex = rng.choice(np.array(["F", "M"], dtype=object), count)

    tail = np.array([stem + end for stem in STEMS for end in ENDS], dtype=object)
    rng.shuffle(tail)
    tail_weights = np.arange(1, len(tail) + 1, dtype=float) ** -.7
    home_surname = np.empty(homes, dtype=object)
    own_surname = np.empty(count, dtype=object)
    forename = np.empty(count, dtype=object)
    for index, (female, male, family) in enumerate(lists):
        chosen = home_group == index
        home_surname[chosen] = draw(rng, family, chosen.sum())
        chosen = group == index
        own_surname[chosen] = draw(rng, family, chosen.sum())
        for letter, names in (("F", female), ("M", male)):
            chosen = (group == index) & (sex == letter)
            forename[chosen] = draw(rng, names, chosen.sum())
    rare = (home_group == 0) & (rng.random(homes) < LONG_TAIL)
    home_surname[rare] = rng.choice(tail, rare.sum(), p=tail_weights / tail_weights.sum())
    surname = np.where(rng.random(count) < .8, home_surname[home], own_surname)

    days = np.where(child, rng.integers(0, 19 * 365, count), rng.integers(19 * 365, 78 * 365, count))
    twin = np.flatnonzero((place_in_home >= 3) & (rng.random(count) < TWIN_SHARE))
    days[twin], surname[twin] = days[twin - 1], surname[twin - 1]

    numbers = rng.integers(1, 9999, count)
    domains = rng.choice(np.array(MAIL, dtype=object), count, p=MAIL_SHARES)
    has_mail = rng.random(count) < .66
    serials = 400_000_000 + rng.permutation(count)
    return pd.DataFrame({
        "forename": forename,
        "surname": surname,
        "sex": sex,
        "dob": np.datetime_as_string(TODAY - days.astype("timedelta64[D]"), unit="D").astype(object),
        "postcode": town.postcodes[rng.integers(0, len(town.postcodes), homes)[home]],
        "email": [address(f, s, n, d) if has else None
                  for f, s, n, d, has in zip(forename, surname, numbers, domains, has_mail)],
        "nhs_number": [nhs_number(serial) for serial in serials],
        "name_group": np.array([name for name, *_ in GROUPS], dtype=object)[group],
        "is_child": child,
    }, dtype=object)


def address(forename, surname, number, domain):
    """An e-mail address as people make them."""
    return f"{forename}.{surname}{number}@{domain}".lower().replace(" ", "")


class Errors:
    """Puts errors into a table of records, column by column, and counts them per record."""

    def __init__(self, rng, records):
        self.rng = rng
        self.records = {name: records[name].to_numpy(dtype=object, copy=True) for name in records.columns}
        self.count = np.zeros(len(records), int)
        self.near_key = {}
        for row in KEY_ROWS:
            for left, right in zip(row, row[1:]):
                self.near_key.setdefault(left, []).append(right)
                self.near_key.setdefault(right, []).append(left)

    def hit(self, rate):
        """The records that this error happens to."""
        return np.flatnonzero(self.rng.random(len(self.count)) < rate)

    def change(self, column, error, how):
        """Changes the column where the error strikes and there is a value."""
        values = self.records[column]
        for i in self.hit(RATES[error]):
            if values[i]:
                values[i] = how(values[i])
                self.count[i] += 1

    def pick(self, options):
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def typing(self, text):
        """A letter lost, doubled, swapped with the next or hit beside its key."""
        if len(text) < 2:
            return text
        i, kind = int(self.rng.integers(len(text))), int(self.rng.integers(4))
        if kind == 0:
            return text[:i] + text[i + 1:]
        if kind == 1:
            return text[:i + 1] + text[i:]
        if kind == 2 and i + 1 < len(text):
            return text[:i] + text[i + 1] + text[i] + text[i + 2:]
        wrong = self.pick(self.near_key.get(text[i].lower(), ["e"]))
        return text[:i] + (wrong.upper() if text[i].isupper() else wrong) + text[i + 1:]

    def by_ear(self, text):
        """Another spelling of the same sound."""
        lower = text.lower()
        fitting = [pair for pair in SPELT_BY_EAR if pair[0] in lower]
        if not fitting:
            return self.typing(text)
        heard, written = self.pick(fitting)
        return lower.replace(heard, written, 1).title()

    def date(self, text):
        """Day and month exchanged, a year or month off, the first of January, or another day."""
        year, month, day = (int(part) for part in text.split("-"))
        kind = self.rng.random()
        step = self.pick([-1, 1])
        if kind < .3 and day <= 12:
            month, day = day, month
        elif kind < .5:
            year += step
        elif kind < .6:
            month, day = 1, 1
        elif kind < .75:
            month = min(12, max(1, month + step))
        else:
            day += self.pick([-20, -10, -2, -1, 1, 2, 10, 20])
        return f"{year:04d}-{month:02d}-{min(28, max(1, day)):02d}"

    def changed_surname(self, others):
        """A new surname, or both joined by a hyphen."""
        return lambda text: self.pick(others) if self.rng.random() < .5 else f"{text}-{self.pick(others)}"

    def apply(self, people, town):
        """All errors, in the order in which they happen to a record."""
        record, rng = self.records, self.rng
        self.change("forename", "forename typing", self.typing)
        self.change("forename", "forename by ear", self.by_ear)
        self.change("forename", "forename short", lambda text: SHORT_NAMES.get(text, text[:max(3, len(text) - 2)]))
        self.change("forename", "forename initial", lambda text: text[0])
        forenames, surnames = people["forename"].to_numpy(), people["surname"].to_numpy()
        self.change("forename", "second forename added", lambda text: f"{text} {self.pick(forenames)}")
        self.change("surname", "surname typing", self.typing)
        self.change("surname", "surname by ear", self.by_ear)
        self.change("surname", "surname changed", self.changed_surname(surnames))
        swapped = self.hit(RATES["names swapped"])
        record["forename"][swapped], record["surname"][swapped] = (
            record["surname"][swapped].copy(), record["forename"][swapped].copy())
        self.count[swapped] += 1
        self.change("dob", "dob mistaken", self.date)
        self.change("postcode", "moved", lambda _: self.pick(town.postcodes))
        record["town"] = np.array([town.town(code) for code in record["postcode"]], dtype=object)
        self.change("postcode", "postcode typing", lambda text: self.typing(text).upper())
        self.change("email", "email typing", self.typing)
        self.change("email", "other email", lambda text: address(
            text[:1], text.split("@")[0].split(".")[-1].rstrip("0123456789"), rng.integers(1, 9999), self.pick(MAIL)))
        self.change("sex", "sex mistaken", lambda text: "M" if text == "F" else "F")
        self.change("nhs_number", "nhs number mistaken", lambda text: text[:-2] + text[-1] + text[-2])
        for column, rate in MISSING.items():
            record[column][self.hit(rate)] = None
        return record


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    wanted, out = int(float(sys.argv[1])), Path(sys.argv[2])
    rng = np.random.default_rng(int(sys.argv[3]) if len(sys.argv) == 4 else 7)
    out.mkdir(parents=True, exist_ok=True)

    mean = float(np.dot(RECORDS_EACH, RECORDS_SHARES))
    count = int(wanted / mean * 1.02) + 100
    town = Town(rng, count)
    people = true_people(rng, count, town)
    copies = rng.choice(RECORDS_EACH, count, p=RECORDS_SHARES)
    entity = np.repeat(rng.permutation(count), copies)[:wanted]
    rng.shuffle(entity)

    fields = ["forename", "surname", "sex", "dob", "postcode", "email", "nhs_number"]
    errors = Errors(rng, people[fields].iloc[entity])
    record = errors.apply(people, town)
    columns = ["forename", "surname", "sex", "dob", "postcode", "town", "email", "nhs_number"]
    table = pd.DataFrame({"rec_id": np.arange(len(entity)), **{name: record[name] for name in columns}})
    table.to_parquet(out / "people.parquet", index=False)
    truth = people.loc[entity, ["name_group", "is_child"]].reset_index(drop=True)
    truth.insert(0, "rec_id", table["rec_id"])
    truth.insert(1, "entity_id", entity)
    truth["is_child"] = truth["is_child"].astype(bool)
    truth["errors"] = errors.count
    truth.to_parquet(out / "truth.parquet", index=False)

    sizes = np.bincount(entity)
    print(f"{len(entity)} records of {(sizes > 0).sum()} people, {int((sizes * (sizes - 1) // 2).sum())} true pairs")


if __name__ == "__main__":
    main()
