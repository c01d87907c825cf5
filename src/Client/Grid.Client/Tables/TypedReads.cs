using System.Runtime.CompilerServices;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Client.Reading;
using Grid.Client.Rows;

namespace Grid.Client.Tables;

/// <summary>Rows of a .NET type out of batches.</summary>
internal static class TypedReads
{
    public static async IAsyncEnumerable<T> RowsAsync<T>(IAsyncEnumerable<GridBatch> batches, RowMapper<T> mapper, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            T[] rows;
            using (batch)
                rows = mapper.Read(batch.Rows);
            foreach (var row in rows)
                yield return row;
        }
    }

    public static async IAsyncEnumerable<Change<T>> ChangesAsync<T>(
        IAsyncEnumerable<GridBatch> batches, RowMapper<T> mapper, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            // Kinds are read before the batch's memory ends.
            T[] rows;
            ChangeKind[]? kinds;
            using (batch)
            {
                rows = mapper.Read(batch.Rows);
                kinds = KindsOf(batch);
            }

            for (var i = 0; i < rows.Length; i++)
                yield return new Change<T>(kinds?[i] ?? ChangeKind.Insert, rows[i], batch.Bucket, batch.OffsetOf(i), batch.Timestamp) { Partition = batch.Partition };
        }
    }

    /// <summary>The rows of a batch that ends with their versions.</summary>
    public static Versioned<T>[] Versioned<T>(RecordBatch batch, RowMapper<T> mapper)
    {
        var rows = mapper.Read(batch);
        var versions = (Int64Array)batch.Column(batch.ColumnCount - 1);
        var versioned = new Versioned<T>[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            versioned[i] = new Versioned<T>(rows[i], new LogOffset(versions.Values[i]));
        return versioned;
    }

    private static ChangeKind[]? KindsOf(GridBatch batch)
    {
        if (batch.ChangeKinds is null)
            return null;
        var kinds = new ChangeKind[batch.RowCount];
        for (var i = 0; i < kinds.Length; i++)
            kinds[i] = batch.KindOf(i);
        return kinds;
    }
}
