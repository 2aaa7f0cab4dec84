"""Links records about the same person across tables that share no key, and explains every link.

A source is a path, or any object with ``__arrow_c_stream__``: a frame of polars or pandas, a table of
pyarrow, a relation of DuckDB. Its columns are not copied.

>>> import plait, polars
>>> pupils = polars.DataFrame({
...     "ref": ["P1", "P2"], "forename": ["Amara", "Linh"], "surname": ["Okafor", "Nguyen"],
...     "dob": ["2015-03-02", "2014-01-09"], "postcode": ["PX1 1AA", "PX3 1AA"]})
>>> clinic = polars.DataFrame({
...     "ref": ["K1", "K2"], "forename": ["Linh", "Amara"], "surname": ["Nguyen", "Okafor"],
...     "dob": ["2014-01-09", "2015-03-02"], "postcode": ["PX3 1AA", "PX1 1AA"]})
>>> linkage = plait.link({"pupils": pupils, "clinic": clinic})
>>> linkage.people
source  record  person_id    confidence
...
>>> linkage.why("P1", "K2").terms[0]
Term(title='Starting point', ...)
"""

from plait import similarity, spark
from plait._errors import InputError, PlaitError, QualityError, UsageError
from plait._figures import Figures
from plait._linkage import Explanation, Linkage, Term, Tradeoff, link
from plait._look import Look, Reading, look, read
from plait._model import Model
from plait._plait import __version__
from plait._table import Table

__all__ = [
    "Explanation",
    "Figures",
    "InputError",
    "Linkage",
    "Look",
    "Model",
    "PlaitError",
    "QualityError",
    "Reading",
    "Table",
    "Term",
    "Tradeoff",
    "UsageError",
    "__version__",
    "link",
    "look",
    "read",
    "similarity",
    "spark",
]
