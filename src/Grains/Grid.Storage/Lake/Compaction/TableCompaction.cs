using System.Collections.Immutable;
using Grid.Abstractions;
using Grid.Storage.Lake.Commit;
using Grid.Storage.Lake.Files;
using Grid.Storage.Lake.Iceberg;
using Grid.Storage.Lake.Reading;
using Grid.Storage.Lake.Tables;
using Grid.Storage.Lake.Tiering;

namespace Grid.Storage.Lake.Compaction;

/// <summary>
/// Rewrites a log table's small files into larger ones, step by step: looks at the files when enough commits came by, plans, and with each step writes a few files and commits them in the place of those that they were made of.
/// It keeps a plan and nothing else; whatever fails, or is done twice by two of it, leaves the table's rows as they are, for a commit comes in only where all files that it removes are there. One step at a time; to ask for it
/// and to look at its numbers may be done from any thread.
/// </summary>
/// <param name="lake">The lake table.</param>
/// <param name="store">Its store.</param>
/// <param name="write">Writes files into one.</param>
/// <param name="options">When.</param>
/// <param name="fileBytesTarget">About the bytes of a file that is large enough.</param>
internal sealed class TableCompaction(LakeTable lake, ILakeStore store, Func<CompactionTask, CancellationToken, Task<LakeFile>> write, CompactionOptions options, long fileBytesTarget) : ITableCompaction
{
    /// <summary>Small files that are planned with at a time; the next look finds the others.</summary>
    private const int FilesMax = 50_000;

    private readonly Queue<CompactionTask> _tasks = [];
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private readonly CompactionRule _rule = CompactionRule.Of(options, fileBytesTarget);
    private SequenceNumber _looked;
    private bool _again;
    private volatile bool _isAsked;
    private volatile bool _asked;
    private volatile CompactionNumbers _numbers = new(null, null);

    /// <inheritdoc/>
    public CompactionNumbers Numbers => _numbers;

    /// <inheritdoc/>
    public void Ask()
    {
        _numbers = _numbers with { Hindrance = null }; // it may be gone
        _asked = true;
    }

    /// <inheritdoc/>
    public bool IsAsked => _asked || _isAsked;

    /// <inheritdoc/>
    public bool IsDue(LakeState? head) =>
        _asked || _tasks.Count > 0 || (options.IsOn && (_again || (head is not null && head.Metadata.LastSequence.Value - _looked.Value >= options.FilesMin)));

    /// <inheritdoc/>
    public async Task<CompactionStep> RunAsync(TableInfo table, CancellationToken cancellationToken)
    {
        try
        {
            if (await lake.ReadAsync(cancellationToken).ConfigureAwait(false) is not { } head)
            {
                _asked = false;
                return CompactionStep.Nothing;
            }

            // With an older schema than theirs, columns of the files would be lost.
            if (head.Metadata.CurrentSchemaId > table.Schema.Version.Value)
                throw new GridException(GridErrorCode.SchemaStale, $"The lake table {lake.Location} has schema version {head.Metadata.CurrentSchemaId}, its compaction knows {table.Schema.Version}; it is tried again.");
            if (_tasks.Count == 0)
                await PlanAsync(head, table, cancellationToken).ConfigureAwait(false);
            var made = await WriteAsync(table, cancellationToken).ConfigureAwait(false);
            return made.Count == 0 ? CompactionStep.Nothing : await CommitAsync(head, made, table, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            Replan();
            throw;
        }
    }

    private void Replan()
    {
        _tasks.Clear();
        _again = true;
        _asked |= _isAsked;
    }

    private async Task PlanAsync(LakeState head, TableInfo table, CancellationToken cancellationToken)
    {
        var rule = _asked ? _rule.WhenAsked : _rule;
        (_isAsked, _asked, _again, _looked) = (_asked, false, false, head.Metadata.LastSequence);
        if (await lake.HasDeletesAsync(head, cancellationToken).ConfigureAwait(false))
        {
            _isAsked = false;
            _numbers = _numbers with { Hindrance = $"{lake.Location} has files of deletes, which no log table gets from Grid; their rows would come back in files that are rewritten. Have the engine that made them rewrite the files." };
            return;
        }

        var small = 0;
        var buckets = new SortedDictionary<int, List<LakeFile>>();
        await foreach (var file in lake.ListFilesAsync(head, bucket: null, cancellationToken).ConfigureAwait(false))
        {
            if (file.Bytes >= rule.SmallBytes || file.Partition is not [int bucket])
                continue;
            if (++small > FilesMax || _unreadable.Contains(file.Location))
                continue;
            if (!buckets.TryGetValue(bucket, out var files))
                buckets.Add(bucket, files = []);
            files.Add(Slim(file));
        }

        string? hindrance = null;
        foreach (var (bucket, files) in buckets)
        {
            try
            {
                foreach (var run in CompactionPlan.Of(LakeBucketFiles.Of(files).All, rule))
                    _tasks.Enqueue(new CompactionTask(bucket, table, LakeFolders.Of(table), run));
            }
            catch (GridException damaged) when (damaged.Code == GridErrorCode.Corrupt)
            {
                // The other buckets are not held up by this one.
                hindrance = $"Bucket {table.Bucket(bucket)}: {damaged.Message}";
            }
        }

        _isAsked &= _tasks.Count > 0;
        _numbers = _numbers with { SmallFiles = small, Hindrance = hindrance };
    }

    /// <summary>What is needed of a file here: many of them are held.</summary>
    private static LakeFile Slim(LakeFile file) => new()
    {
        Location = file.Location,
        Partition = file.Partition,
        Rows = file.Rows,
        Bytes = file.Bytes,
        LowerBounds = Offset(file.LowerBounds),
        UpperBounds = Offset(file.UpperBounds),
    };

    private static ImmutableSortedDictionary<int, ImmutableArray<byte>> Offset(ImmutableSortedDictionary<int, ImmutableArray<byte>> bounds) =>
        bounds.TryGetValue(LakeColumns.Offset.Id.Value, out var bound) ? ImmutableSortedDictionary<int, ImmutableArray<byte>>.Empty.Add(LakeColumns.Offset.Id.Value, bound)
            : ImmutableSortedDictionary<int, ImmutableArray<byte>>.Empty;

    private async Task<List<(CompactionTask Task, LakeFile File)>> WriteAsync(TableInfo table, CancellationToken cancellationToken)
    {
        var made = new List<(CompactionTask Task, LakeFile File)>();
        var bytes = 0L;
        while (bytes < options.StepBytes && _tasks.TryDequeue(out var task))
        {
            try
            {
                made.Add((task, await write(task with { Table = table }, cancellationToken).ConfigureAwait(false)));
                bytes += task.Bytes;
            }
            catch (Exception failure)
            {
                // No commit names them.
                await UnusedFiles.DeleteAsync(store, made.Select(part => part.File)).ConfigureAwait(false);
                if (failure is GridException { Code: GridErrorCode.Corrupt } || LakeErrors.IsGone(failure))
                    PassOver(task);
                throw;
            }
        }

        return made;
    }

    /// <summary>Files that do not read do not keep the others from being rewritten.</summary>
    private void PassOver(CompactionTask task)
    {
        if (_unreadable.Count > FilesMax)
            _unreadable.Clear();
        _unreadable.UnionWith(task.Files.Select(file => file.File.Location));
    }

    private async Task<CompactionStep> CommitAsync(LakeState head, List<(CompactionTask Task, LakeFile File)> made, TableInfo table, CancellationToken cancellationToken)
    {
        var change = new LakeChange
        {
            From = head.Offsets,
            To = head.Offsets,
            Added = [.. made.Select(part => part.File)],
            Removed = [.. made.SelectMany(part => part.Task.Files).Select(file => file.File)],
            IsWithoutDeletes = true,
            Schema = table.Schema,
        };
        var commit = await lake.CommitAsync(change, cancellationToken).ConfigureAwait(false);
        switch (commit.Outcome)
        {
            case LakeOutcome.Committed:
                // What became larger may find company of its size.
                _again = _tasks.Count == 0;
                _isAsked &= _tasks.Count > 0;
                _numbers = _numbers with
                {
                    SmallFiles = Math.Max(0, (_numbers.SmallFiles ?? 0) - change.Removed.Length + change.Added.Count(file => file.Bytes < _rule.SmallBytes)),
                    CommittedMs = commit.State!.Metadata.LastUpdatedMs,
                };
                return new CompactionStep(change.Removed.Length, change.Added.Length, change.Removed.Sum(file => file.Bytes), change.Added.Sum(file => file.Bytes));
            case LakeOutcome.Discarded:
                await UnusedFiles.DeleteAsync(store, change.Added).ConfigureAwait(false);
                Replan();
                if (commit.IsLostRace || commit.Reason == DiscardReason.HasDeletes)
                    return CompactionStep.Nothing;
                cancellationToken.ThrowIfCancellationRequested();
                throw new GridException(GridErrorCode.StorageFailed, $"A compaction of the lake table {lake.Location} was given up, since its store fails: {commit.Failure?.Message ?? "no answer in time"} It is made again later.");
            default:
                throw new GridException(GridErrorCode.StorageFailed, $"Whether a compaction of the lake table {lake.Location} was committed is not known; the next one finds out.");
        }
    }
}
