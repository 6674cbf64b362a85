"""What the metric is computed after."""

CITATION = """\
@article{delong1988comparing,
  author  = {DeLong, Elizabeth R. and DeLong, David M. and Clarke-Pearson, Daniel L.},
  title   = {Comparing the Areas under Two or More Correlated Receiver Operating Characteristic Curves: A Nonparametric
             Approach},
  journal = {Biometrics},
  volume  = {44},
  number  = {3},
  pages   = {837--845},
  year    = {1988},
  doi     = {10.2307/2531595}
}
@article{sun2014fast,
  author  = {Sun, Xu and Xu, Weichao},
  title   = {Fast Implementation of {DeLong's} Algorithm for Comparing the Areas Under Correlated Receiver Operating
             Characteristic Curves},
  journal = {IEEE Signal Processing Letters},
  volume  = {21},
  number  = {11},
  pages   = {1389--1393},
  year    = {2014},
  doi     = {10.1109/LSP.2014.2337313}
}
@article{obuchowski1997nonparametric,
  author  = {Obuchowski, Nancy A.},
  title   = {Nonparametric Analysis of Clustered {ROC} Curve Data},
  journal = {Biometrics},
  volume  = {53},
  number  = {2},
  pages   = {567--578},
  year    = {1997},
  doi     = {10.2307/2533958}
}
@article{brunner1997box,
  author  = {Brunner, Edgar and Dette, Holger and Munk, Axel},
  title   = {Box-Type Approximations in Nonparametric Factorial Designs},
  journal = {Journal of the American Statistical Association},
  volume  = {92},
  number  = {440},
  pages   = {1494--1502},
  year    = {1997}
}
@article{newcombe2006confidence,
  author  = {Newcombe, Robert G.},
  title   = {Confidence Intervals for an Effect Size Measure Based on the {Mann-Whitney} Statistic. {Part} 2:
             Asymptotic Methods and Evaluation},
  journal = {Statistics in Medicine},
  volume  = {25},
  number  = {4},
  pages   = {559--573},
  year    = {2006},
  doi     = {10.1002/sim.2324}
}
@article{miettinen1985comparative,
  author  = {Miettinen, Olli and Nurminen, Markku},
  title   = {Comparative Analysis of Two Rates},
  journal = {Statistics in Medicine},
  volume  = {4},
  number  = {2},
  pages   = {213--226},
  year    = {1985},
  doi     = {10.1002/sim.4780040211}
}
@inproceedings{borkan2019nuanced,
  author    = {Borkan, Daniel and Dixon, Lucas and Sorensen, Jeffrey and Thain, Nithum and Vasserman, Lucy},
  title     = {Nuanced Metrics for Measuring Unintended Bias with Real Data for Text Classification},
  booktitle = {Companion Proceedings of The 2019 World Wide Web Conference},
  pages     = {491--500},
  year      = {2019},
  doi       = {10.1145/3308560.3317593}
}
"""
