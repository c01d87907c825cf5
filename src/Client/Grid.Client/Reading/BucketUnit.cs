using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Reading;

/// <summary>One bucket that a read goes over.</summary>
/// <param name="Table">Its table, or its partition.</param>
/// <param name="Number">Its number.</param>
internal readonly record struct BucketUnit(TableHandle Table, int Number)
{
    /// <summary>Reads it; a partition that is dropped meanwhile ends there.</summary>
    public async Task ReadAsync(Func<Task> read)
    {
        try
        {
            await read().ConfigureAwait(false);
        }
        catch (GridException refusal) when (refusal.Code == GridErrorCode.PartitionDropped && Table.Partition.Value != 0)
        {
            Table.Forget();
        }
    }
}
