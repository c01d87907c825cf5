using System.Collections.Immutable;
using Apache.Arrow;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Tiering;

namespace Grid.Storage.Lake.Keys;

/// <summary>Writes the files of one bucket's part of a round, and notes in the index where its keys will be. One caller at a time.</summary>
internal sealed class KeyFiles(LakeIndex index, ILakeStore store, TierTask task, TierOptions options)
{
    private readonly ImmutableArray<LakeFile>.Builder _files = ImmutableArray.CreateBuilder<LakeFile>();
    private ImmutableSortedDictionary<int, string> _numbers = ImmutableSortedDictionary<int, string>.Empty;

    /// <summary>What was written, in order.</summary>
    public ImmutableArray<LakeFile> Files => _files.ToImmutable();

    /// <summary>The data files by their numbers in the index.</summary>
    public ImmutableSortedDictionary<int, string> Numbers => _numbers;

    /// <summary>Writes data files until there are no more rows.</summary>
    /// <param name="next">The next rows, in key order, with their keys; null: there are no more. Both are disposed here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task WriteRowsAsync(Func<CancellationToken, ValueTask<KeyedRows?>> next, CancellationToken cancellationToken)
    {
        for (var first = await next(cancellationToken).ConfigureAwait(false); first is not null;)
            first = await WriteFileAsync(first, next, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The locations of the data files whose rows are said to be gone.</summary>
    public ImmutableArray<string> Needed { get; private set; } = [];

    /// <summary>Writes a file that says which rows of older files are gone.</summary>
    /// <param name="deletes">The rows by the locations of their data files.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task WriteDeletesAsync(IReadOnlyDictionary<string, List<long>> deletes, CancellationToken cancellationToken)
    {
        if (deletes.Count == 0)
            return;
        var name = NewName("deletes");
        Needed = [.. deletes.Keys];
        _files.Add(await LakeUpload.RunAsync(
            store, name, (stream, _) => Task.FromResult(PositionDeletes.Write(stream, deletes, $"{store.Root}/{name}", [task.Bucket], options.Writer)), cancellationToken).ConfigureAwait(false));
    }

    /// <returns>The rows that are the next file's first; null: there are none.</returns>
    private async Task<KeyedRows?> WriteFileAsync(KeyedRows first, Func<CancellationToken, ValueTask<KeyedRows?>> next, CancellationToken cancellationToken)
    {
        var name = NewName("keys");
        var number = index.NumberFile();
        KeyedRows? rows = first;
        try
        {
            _files.Add(await LakeUpload.RunAsync(
                store,
                name,
                async (stream, token) =>
                {
                    using var writer = new LakeFileWriter(stream, LakeColumns.Extend(task.Table.Schema), options.Writer);
                    while (rows is not null && (writer.Rows == 0 || writer.BytesOut < options.FileBytesTarget))
                    {
                        using (rows)
                        {
                            for (var row = 0; row < rows.Count; row++)
                                index.PutPending(rows.KeyOf(row), new LakePlace(number, writer.Rows + row));
                            writer.Write(rows.Batch);
                        }

                        rows = null;
                        rows = await next(token).ConfigureAwait(false);
                    }

                    return writer.Close($"{store.Root}/{name}", [task.Bucket]);
                },
                cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            rows?.Dispose();
            throw;
        }

        _numbers = _numbers.Add(number, $"{store.Root}/{name}");
        return rows;
    }

    private string NewName(string kind) => $"{task.Folder}/data/{LakeFolders.OfBucket(task.Bucket)}/{task.From.Value:D20}-{kind}-{Guid.NewGuid():N}.parquet";
}
