namespace Grid.Abstractions;

/// <summary>The span of time that one automatic partition holds. Times are UTC.</summary>
public enum PartitionUnit : byte
{
    /// <summary>Partitions are not automatic: they are made by hand or by writing, and dropped by hand.</summary>
    None = 0,

    /// <summary>An hour: text <c>2026-11-25T13</c>, or a timestamp at its beginning.</summary>
    Hour = 1,

    /// <summary>A day: text <c>2026-11-25</c>, a date, or a timestamp at its beginning.</summary>
    Day = 2,

    /// <summary>A month: text <c>2026-11</c>, or its first day as a date or a timestamp.</summary>
    Month = 3,

    /// <summary>A quarter: text <c>2026-Q4</c>, or its first day as a date or a timestamp.</summary>
    Quarter = 4,

    /// <summary>A year: text <c>2026</c>, or its first day as a date or a timestamp.</summary>
    Year = 5,
}
