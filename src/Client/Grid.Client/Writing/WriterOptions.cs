namespace Grid.Client;

/// <summary>How a writer batches.</summary>
public sealed record WriterOptions
{
    /// <summary>Most frames that one bucket may have in flight: the server remembers this many for each writer.</summary>
    public const int InFlightMax = 5;

    /// <summary>Frame size aimed at, bytes as sent (compressed), 1 KiB to 256 KiB.</summary>
    public int FrameBytes { get; init; } = 256 * 1024;

    /// <summary>How long rows wait for company while earlier frames of their bucket are in flight. A bucket that is idle never waits.</summary>
    public TimeSpan LingerMax { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Most bytes of rows buffered and in flight over all buckets; more rows wait. At least 1 MiB.</summary>
    public long BufferBytesMax { get; init; } = 64L * 1024 * 1024;

    /// <summary>
    /// Primary-key tables: the columns that upserts write, by name, whole key included; the stored row keeps the others. Null: all columns.
    /// Deletes then set the non-key columns named here to null, and remove the row once no non-key column has a value.
    /// </summary>
    public IReadOnlyList<string>? Targets { get; init; }
}
