"""Known designs, tried first, so that a short search is never worse than they are.

Each says only what makes it what it is: the embedding size, the training length and, where the paper's value belongs to
its data, the learning rate are what a space fixes, else the defaults of `Trained`. The papers train with Adam at
1e-3 for up to 1000 epochs; the default of 5e-3 gets to the same place in a fifth of them.
"""

from functools import partial

from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.config.closed_forms import ALS, ItemGraph, Spectral, TwoHop
from gnas.config.contrastive import XSimGCL
from gnas.config.losses import BPR, AllPairs, CosineContrastive, DirectAU, SampledSoftmax
from gnas.config.propagation import NGCF, SAGE, LightGCN, NoPropagation
from gnas.config.scorers import Cosine
from gnas.registry import Registry

ANCHORS: Registry[Architecture] = Registry("anchor")

# Rendle et al., UAI 2009: matrix factorisation with BPR.
ANCHORS.add("mf", Trained(propagation=NoPropagation(), loss=BPR()))
# Wu et al., TOIS 2024, "On the effectiveness of sampled softmax loss": the loss lifts matrix factorisation to LightGCN.
ANCHORS.add("mf-softmax", Trained(propagation=NoPropagation(), loss=SampledSoftmax()))
# He et al., SIGIR 2020, at the depths of the paper's tables; the mean of the layers is its own. Its decay of 1e-4
# overfits at this learning rate: 1e-3 is better at its best epoch, and keeps it.
for _depth in (1, 2, 3):
    ANCHORS.add(f"lightgcn-{_depth}", Trained(propagation=LightGCN(depth=_depth), loss=BPR(), weight_decay=1e-3))
ANCHORS.add("lightgcn-softmax", Trained(propagation=LightGCN(depth=2), loss=SampledSoftmax()))
# Wang et al., SIGIR 2019; the layers are concatenated, messages dropped at 0.1.
ANCHORS.add(
    "ngcf-2", Trained(propagation=NGCF(depth=2, message_dropout=0.1), init="xavier", loss=BPR(), weight_decay=1e-5)
)
# Hamilton et al., NeurIPS 2017, with the mean aggregator.
ANCHORS.add("sage-2", Trained(propagation=SAGE(depth=2), loss=BPR()))
# Shen et al., CIKM 2021: the linear filter and an ideal low-pass of 256 dimensions; small data ask for fewer.
ANCHORS.add("gf-cf", ClosedForm(propagation=Spectral(rank=256)))
ANCHORS.add("gf-cf-64", ClosedForm(propagation=Spectral(rank=64)))
# Steck, WWW 2019.
ANCHORS.add("ease", ClosedForm(propagation=ItemGraph(ridge=1.0)))
# The same on a normalised matrix, at round figures near those that searches on several data sets came to.
ANCHORS.add("ease-norm", ClosedForm(propagation=ItemGraph(ridge=2.0, dropout=0.2, user_norm=0.2, item_norm=0.2)))
# The same with the degrees shrunk, which sparse data like.
ANCHORS.add(
    "ease-shrunk",
    ClosedForm(propagation=ItemGraph(ridge=3.0, user_norm=0.25, item_norm=0.2, user_shrink=2.0, item_shrink=2.0)),
)
# The same with much dropout: sparse data.
ANCHORS.add(
    "ease-sparse",
    ClosedForm(
        propagation=ItemGraph(ridge=4.0, dropout=0.6, user_norm=0.2, item_norm=0.25, user_shrink=5.0, item_shrink=5.0)
    ),
)
# Walks of three steps, as in RP3beta (Paudel et al., TiiS 2017), with shrunk degrees.
ANCHORS.add("two-hop", ClosedForm(propagation=TwoHop()))
# Hu et al., ICDM 2008; Rendle et al., RecSys 2022.
ANCHORS.add("als", ClosedForm(propagation=ALS(mass=10.0, ridge=0.5)))
# Mao et al., CIKM 2021: the mean of a user's items beside the user's own embedding, cosine scores, contrastive loss.
ANCHORS.add(
    "simplex",
    Trained(propagation=LightGCN(depth=1, norm="left"), scorer=Cosine(), loss=CosineContrastive(), weight_decay=1e-8),
)
# Yu et al., TKDE 2023: LightGCN without layer 0, a noisy layer against the outcome. It rises slowly and late.
ANCHORS.add(
    "xsimgcl",
    Trained(
        propagation=LightGCN(depth=3, layer0=0.0),
        init="xavier",
        loss=BPR(),
        contrastive=XSimGCL(weight=0.1, temperature=0.2, eps=0.1, layer=1),
        lr=0.001,
        weight_decay=1e-4,
    ),
)
# Wang et al., KDD 2022, on LightGCN.
ANCHORS.add(
    "directau", Trained(propagation=LightGCN(depth=2), init="xavier", loss=DirectAU(gamma=1.0), weight_decay=1e-6)
)
# Chen et al., TOIS 2020 (ENMF), on LightGCN and, as iALS (Hu et al., ICDM 2008), on matrix factorisation: every pair
# counts, nothing is sampled. One step an epoch wants a high rate, and the sum over all pairs a weight decay to match.
ANCHORS.add(
    "all-pairs",
    Trained(propagation=LightGCN(depth=1), loss=AllPairs(mass=6.0), lr=0.02, weight_decay=0.2, batch_size="full"),
)
ANCHORS.add(
    "mf-all-pairs",
    Trained(propagation=NoPropagation(), loss=AllPairs(mass=10.0), lr=0.02, weight_decay=0.3, batch_size="full"),
)
# Interactions hidden from the propagation and learnt, one crossed layer: a user is what the user took, an item who took
# it. Hiding what is learnt: Steck, NeurIPS 2020. Sparse data hide more, want one table and a stronger decay.
_hidden = partial(Trained, init_scale=0.02, lr=0.003, batch_size="full", dim=64)
ANCHORS.add(
    "crossed",
    _hidden(
        propagation=LightGCN(depth=1, norm="root", combine="crossed-free"),
        loss=AllPairs(mass=16.0),
        target_mask=0.5,
        weight_decay=0.1,
    ),
)
ANCHORS.add(
    "crossed-sparse",
    _hidden(
        propagation=LightGCN(depth=1, norm="root", combine="crossed"),
        loss=AllPairs(mass=32.0),
        target_mask=0.7,
        weight_decay=1.0,
    ),
)
# The same as a correction of an item graph.
ANCHORS.add(
    "crossed-ease",
    _hidden(
        propagation=LightGCN(depth=1, norm="root", combine="crossed-free"),
        init_scale=0.005,
        loss=AllPairs(mass=16.0),
        target_mask=0.5,
        prior=ItemGraph(ridge=1.5, dropout=0.2, user_norm=0.2, item_norm=0.2),
        weight_decay=0.3,
    ),
)
