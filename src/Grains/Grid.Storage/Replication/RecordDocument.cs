namespace Grid.Storage.Replication;

/// <summary><c>records/TABLE/PARTITION/BUCKET.json</c>: who leads the bucket and who has its log.</summary>
internal sealed record RecordDocument
{
    public required int Format { get; init; }

    public required int Epoch { get; init; }

    public string? Leader { get; init; }

    public required string[] Replicas { get; init; }

    public required string[] InSync { get; init; }

    public string[]? Target { get; init; }

    public int? MinInSync { get; init; }
}
