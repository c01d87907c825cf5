namespace Grid.Storage.Buckets;

/// <summary>What became of a write that asked for a place in the queue.</summary>
internal enum QueueOutcome
{
    Added,
    Full,
    Closed,
}
