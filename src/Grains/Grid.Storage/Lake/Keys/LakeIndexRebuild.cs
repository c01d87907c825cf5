using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Parquet;
using Grid.Storage.Lake.Reading;

namespace Grid.Storage.Lake.Keys;

/// <summary>Fills an empty index from what a bucket has in the lake: the key columns of its data files, without the rows that are gone. Memory: a bit a row of them, and a batch.</summary>
internal static class LakeIndexRebuild
{
    /// <summary>Fills it.</summary>
    /// <exception cref="GridException"><see cref="GridErrorCode.Corrupt"/>: a file does not read, or two rows have one key; <see cref="GridErrorCode.StorageFailed"/>: a file is gone.</exception>
    public static async Task RunAsync(LakeIndex index, LakeBucketState bucket, TableSchema schema, ILakeStore store, CancellationToken cancellationToken)
    {
        var options = new LakeFramesOptions();
        var byLocation = bucket.Data.ToDictionary(file => file.Location, StringComparer.Ordinal);
        var deleted = await PositionDeletes.ReadAsync(store, bucket.Deletes, byLocation, options, cancellationToken).ConfigureAwait(false);
        var encoder = new KeyEncoder(schema, schema.PrimaryKey);
        int[] columns = [.. Enumerable.Range(0, schema.PrimaryKey.Length)];
        var numbers = ImmutableSortedDictionary.CreateBuilder<int, string>();
        foreach (var file in bucket.Data)
        {
            var number = index.NumberFile();
            numbers.Add(number, file.Location);
            var gone = deleted.Of(file.Location);
            using var stream = new LakeFileStream(store, store.NameOf(file.Location), file.Bytes, options.ReadAheadBytes, cancellationToken);
            using var reader = await LakeFileReader.OpenAsync(stream, new LakeReadOptions(), cancellationToken).ConfigureAwait(false);
            if (reader.Rows != file.Rows)
                throw LakeErrors.Damaged($"{file.Location} has {reader.Rows} rows and its manifest says {file.Rows}");
            await foreach (var batch in reader.ReadAsync(schema, schema.PrimaryKey, cancellationToken).ConfigureAwait(false))
                using (batch)
                using (var keys = encoder.Encode(batch.Rows, columns))
                    for (var row = 0; row < keys.Count; row++)
                        if (gone is null || !gone.Contains(batch.FirstRow + row))
                            index.Put(keys[row], new LakePlace(number, batch.FirstRow + row));
        }

        index.CompleteRebuild(new LakeIndexState { Offset = bucket.Offset.Value, Files = numbers.ToImmutable() });
    }
}
