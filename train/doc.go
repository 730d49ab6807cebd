// Package train trains a network of package net: the data set type, optimizers, the
// training loop, and the history of a run.
//
// [Trainer.Fit] runs whole epochs; [Trainer.Step] is one update for loops of your own
// and allocates nothing. A seed fixes the order of the rows, so the same seed, data
// and configuration give the same weights, bit for bit, on avx2, avx512 and neon.
//
// With [Config.Checkpoint] Fit keeps its state in a file, from which [Trainer.Resume] goes
// on to the same bits, whatever stopped the run.
//
// Training that stops early leaves usable weights: a cancelled context leaves those of
// the last finished step; if loss, gradient or weights stop being finite, Fit puts back
// weights and optimizer as they were at the end of the last finished epoch. With
// [Config.KeepBest] both leave the weights of the best epoch, and with [Config.EMA] or
// [Config.SWA] a cancelled context leaves the average so far.
//
// Optimizers and schedules have the formulas and defaults of PyTorch; what differs is said
// where it does. Tests hold training runs to PyTorch's within float32 rounding.
//
// # Coming from scikit-learn or FANN
//
// What MLPClassifier and MLPRegressor call by other names:
//
//	hidden_layer_sizes, activation     net.Config.Layers, which has the output layer too
//	solver "sgd"; "adam"               SGD{Momentum: 0.9, Nesterov: true}; Adam{}
//	solver "lbfgs"                     there is none; for few rows RProp with full batches
//	alpha                              L2, which is alpha/batch_size: there the term is divided by the batch's rows
//	batch_size 200, max_iter 200       BatchSize, Epochs: 32 and 20 unless given
//	learning_rate "adaptive"           Plateau{Start: rate, Factor: 0.2}
//	n_iter_no_change, tol              Patience, MinDelta, with Watch: TrainLoss; they are off unless given
//	early_stopping                     the same with Watch: ValidationAccuracy, or ValidationLoss for values
//	loss                               net.SoftmaxCrossEntropy, net.BinaryCrossEntropy; net.HalfSquaredError
//	validation_fraction                Dataset.Split before Fit
//	class_weight, sample_weight        Balanced or ClassWeights, Dataset.Weights
//	random_state                       Seed, and that of net.Network.Init
//	warm_start, partial_fit            Fit again; Step
//	loss_curve_, best_loss_, n_iter_   History.Epochs with training and validation, Best, len(Epochs)
//	predict, predict_proba, score      net.Predictor.Classify and Predict; Evaluate, and package metrics
//	coefs_, intercepts_                net.Network.Layer
//	StandardScaler, PCA, a Pipeline    package prep; the fit is part of the model and its file
//	TransformedTargetRegressor         prep.ScaleTargets
//	GridSearchCV                       the command "sinew search", data.StratifiedKFold
//
// Initial weights differ: He's for ReLU instead of Glorot's (net.Layer.Init chooses), and biases
// begin at 0.
//
// FANN's training algorithm is RProp; its desired error is a context that Config.Progress
// cancels; its scaling, in the net's file, is package prep's transform and prep.ScaleTargets.
package train
