using System.Runtime.CompilerServices;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;

namespace Grid.Storage.Lake.Reading;

/// <summary>Reads the rows of one file at a time.</summary>
internal sealed class LakeFileRows(ILakeStore store, int bucket, LakeFramesPlan plan, LakeFramesOptions options)
{
    /// <summary>The rows in batches, of which the first may begin before an offset; row groups that the filter rules out are left out. Each is valid until the next.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>, <see cref="GridErrorCode.StorageFailed"/>, with the file.</exception>
    public async IAsyncEnumerable<LakeRows> ReadAsync(LakeBucketFile file, LogOffset from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stream = new LakeFileStream(store, store.NameOf(file.File.Location), file.File.Bytes, options.ReadAheadBytes, cancellationToken);
        var skipped = new SkippedRows();
        using var reader = await CallAsync(file, LakeFileReader.OpenAsync(stream, Reading(from - file.Start, skipped), cancellationToken)).ConfigureAwait(false);
        if (reader.Rows != file.File.Rows)
            throw LakeErrors.Damaged($"{file.File.Location} has {reader.Rows} rows and its manifest says {file.File.Rows}");

        var batches = reader.ReadAsync(plan.FileSchema, plan.FileColumns, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var next = from;
        await using (batches.ConfigureAwait(false))
        {
            while (await CallAsync(file, batches.MoveNextAsync().AsTask()).ConfigureAwait(false))
            {
                using var batch = batches.Current;
                var rows = LakeRows.Check(batch, file, bucket);
                if (rows.BaseOffset > next + skipped.Take())
                    throw LakeErrors.Damaged($"{file.File.Location} has offset {rows.BaseOffset} where {next} belongs");
                next = rows.BaseOffset + rows.Count;
                if (next > from)
                    yield return rows;
            }
        }

        if (next + skipped.Take() < file.End)
            throw LakeErrors.Damaged($"{file.File.Location} ends before offset {next}; its manifest says {file.End}");
    }

    private LakeReadOptions Reading(long firstRow, SkippedRows skipped) => new()
    {
        BatchRows = options.BatchRows,
        FooterBytesMax = options.FooterBytesMax,
        Keep = firstRow == 0 && !plan.HasFilter ? null : (footer, group) =>
        {
            if (EndOf(footer, group) <= firstRow)
                return false;
            if (plan.MayMatch(footer, group))
                return true;
            skipped.Add(footer.RowGroups[group].Rows);
            return false;
        },
    };

    private static long EndOf(ParquetFooter footer, int group)
    {
        var rows = 0L;
        for (var i = 0; i <= group; i++)
            rows += footer.RowGroups[i].Rows;
        return rows;
    }

    /// <summary>Rows that were left out on purpose since the last batch: more than these must not be missing.</summary>
    private sealed class SkippedRows
    {
        private long _rows;

        public void Add(long rows) => _rows += rows;

        public long Take() => Interlocked.Exchange(ref _rows, 0);
    }

    /// <summary>Says of what cannot be read which file it was. Whatever else is refused here (a column is missing, or of another type) is the file's fault too: the schema is the newest.</summary>
    private static async Task<T> CallAsync<T>(LakeBucketFile file, Task<T> read)
    {
        try
        {
            return await read.ConfigureAwait(false);
        }
        catch (GridException e) when (e.Code is GridErrorCode.Corrupt or GridErrorCode.SchemaMismatch or GridErrorCode.NullNotAllowed or GridErrorCode.InvalidArgument)
        {
            throw new GridException(GridErrorCode.Corrupt, $"{file.File.Location} does not read: {e.Message}", e);
        }
    }
}
