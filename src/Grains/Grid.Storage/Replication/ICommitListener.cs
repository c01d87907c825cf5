using Grid.Abstractions;
using Grid.Storage.Buckets;

namespace Grid.Storage.Replication;

/// <summary>The group writer, as a replica that leads sees it. Called on the bucket's loop.</summary>
internal interface ICommitListener
{
    /// <summary>Everything below the offset is committed: applies it, shows it to readers, answers who waited.</summary>
    void Committed(LogOffset offset);

    /// <summary>What is appended and not committed may or may not be some day: whoever waits for it is refused.</summary>
    void Aborted(Refusal refusal);
}
