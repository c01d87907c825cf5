using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>The lookups of one table without partitions, or of one partition.</summary>
/// <typeparam name="TRow">What a row becomes.</typeparam>
internal sealed class LookupLane<TRow>
{
    public LookupLane(TableHandle table, LookupPlan plan, ReadPreference preference, Func<RecordBatch, TRow[]> materialize)
    {
        Table = table;
        Call = new LookupCall(table, preference);
        Queues = new LookupQueue<TRow>[table.Buckets];
        for (var i = 0; i < Queues.Length; i++)
            Queues[i] = new LookupQueue<TRow>(i, plan, Call, materialize);
    }

    public TableHandle Table { get; }

    /// <summary>Many keys at once.</summary>
    public LookupCall Call { get; }

    /// <summary>Single keys, by bucket.</summary>
    public LookupQueue<TRow>[] Queues { get; }
}
