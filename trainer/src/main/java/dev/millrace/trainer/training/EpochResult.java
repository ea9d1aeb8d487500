package dev.millrace.trainer.training;

/**
 * What an epoch came to.
 *
 * @param epoch from 1
 * @param trainLoss mean over the varied training images while they were learned
 * @param learningRate of the last step
 */
public record EpochResult(
    int epoch,
    double trainLoss,
    double trainAccuracy,
    double heldOutAccuracy,
    double learningRate) {}
