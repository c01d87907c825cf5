using System.IO.Hashing;
using System.Security.Cryptography;
using Grid.Abstractions;
using Grid.Storage.Log;
using Grid.Storage.Objects;

namespace Grid.Storage.Remote;

/// <summary>
/// The remote segments of one bucket as its node knows them: reads the manifest, and changes it where the bucket is led. One caller at a time copies; any number read.
/// <para>
/// Crash argument. Objects are complete before the manifest has them, and it has lost them before they are deleted; so at every moment what it has can be read. Whatever a leader leaves behind is an object that no manifest
/// has and none ever will: changes are made by compare-and-swap, so a change that is still under way is dead once another one went through. Objects that were listed before a change of ours went through, or that we
/// made ourselves, and that are not in the manifest behind it, are therefore deleted.
/// </para>
/// </summary>
internal sealed class RemoteBucket(RemoteStorage storage, BucketId bucket) : IAsyncDisposable
{
    private readonly IObjectStore _objects = storage.Objects;

    // Names of objects that may be nobody's: asked again behind each change of ours.
    private readonly HashSet<string> _doubtful = [];
    private readonly SemaphoreSlim _running = new(1);
    private readonly CancellationTokenSource _closing = new();
    private volatile Known? _known;

    /// <summary>The bucket.</summary>
    public BucketId Bucket => bucket;

    /// <summary>What is shared by the node's buckets.</summary>
    public RemoteStorage Storage => storage;

    /// <summary>The manifest as it was read or written last; null: there was none.</summary>
    public RemoteManifest? Manifest => _known?.Manifest;

    /// <summary>The manifest, read anew where the one that is known ends at an offset or before it; null: there is none.</summary>
    public async ValueTask<RemoteManifest?> GetManifestAsync(LogOffset offset, CancellationToken cancellationToken) =>
        _known is { } known && offset < known.Manifest.End ? known.Manifest : (await ReadAsync(cancellationToken).ConfigureAwait(false))?.Manifest;

    /// <summary>Forgets a manifest whose objects are not there any more. One that was read since then stays.</summary>
    public void Forget(RemoteManifest manifest)
    {
        if (_known is { } known && ReferenceEquals(known.Manifest, manifest))
            Interlocked.CompareExchange(ref _known, null, known);
    }

    /// <summary>The offset below which the node's log may delete segments, from the manifest as it is now.</summary>
    public async Task<LogOffset> FindCopiedAsync(BucketLog log, CancellationToken cancellationToken) =>
        RemoteRules.KeepFrom((await ReadAsync(cancellationToken).ConfigureAwait(false))?.Manifest, LocalLog.Of(log));

    /// <summary>
    /// Does what there is to do for the leader of an epoch, until nothing is left: <see cref="RemoteStepKind.Idle"/>, <see cref="RemoteStepKind.Deposed"/> or <see cref="RemoteStepKind.Diverged"/>. Where a call is at work already,
    /// another one has nothing to do.
    /// </summary>
    /// <exception cref="GridException">The store, or a damaged object. Ask again later; nothing need be undone.</exception>
    public async Task<RemoteStepKind> RunAsync(BucketLog log, LeaderEpoch epoch, RemoteRetention retention, CancellationToken cancellationToken)
    {
        if (_closing.IsCancellationRequested || !await _running.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false))
            return RemoteStepKind.Idle;
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, cancellationToken);
            return await RunAlwaysAsync(log, epoch, retention, either.Token).ConfigureAwait(false);
        }
        catch
        {
            _known = null; // whether the last change took effect is not known: the next call reads
            throw;
        }
        finally
        {
            _running.Release();
        }
    }

    /// <summary>Ends a copy that is at work, and waits for its end: it reads the log's files.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.WaitAsync().ConfigureAwait(false);
        _running.Release();
    }

    private async Task<RemoteStepKind> RunAlwaysAsync(BucketLog log, LeaderEpoch epoch, RemoteRetention retention, CancellationToken cancellationToken)
    {
        var known = await ReadAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var step = RemoteRules.Next(known?.Manifest, LocalLog.Of(log), epoch, retention, storage.Time.GetUtcNow().ToUnixTimeMilliseconds());
            if (step.Kind is RemoteStepKind.Idle or RemoteStepKind.Deposed or RemoteStepKind.Diverged)
                return step.Kind;
            known = await TakeAsync(step, known, log, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes a step from the manifest that it was found from, whatever readers have learned since; answers how it is behind it.</summary>
    private async Task<Known?> TakeAsync(RemoteStep step, Known? known, BucketLog log, CancellationToken cancellationToken)
    {
        switch (step.Kind)
        {
            case RemoteStepKind.Claim:
                // Listed before the claim: what a leader before us was adding then cannot be added any more, and one behind us takes the manifest before it makes objects.
                await foreach (var entry in _objects.ListAsync(RemoteNames.FolderOf(bucket), cancellationToken).ConfigureAwait(false))
                    _doubtful.Add(entry.Name);
                break;
            case RemoteStepKind.Expire:
                foreach (var segment in known!.Manifest.Segments.AsSpan()[..step.Expired])
                    Doubt(segment);
                break;
            case RemoteStepKind.Copy:
                step = step with { Next = known!.Manifest.Add(await CopyAsync(step, log, cancellationToken).ConfigureAwait(false)) };
                break;
        }

        if (await TryWriteAsync(step.Next!, known, cancellationToken).ConfigureAwait(false) is not { } written)
        {
            storage.Metrics.RaceLost();
            return await ReadAsync(cancellationToken).ConfigureAwait(false);
        }

        if (step.Kind == RemoteStepKind.Expire)
            storage.Metrics.Expired(step.Expired);
        if (step.Kind == RemoteStepKind.Copy)
            storage.Metrics.Copied(step.Next!.Segments[^1].Bytes);
        await CleanAsync(written.Manifest, cancellationToken).ConfigureAwait(false);
        return written;
    }

    /// <summary>Makes the objects of a segment; nobody has them before the manifest does.</summary>
    private async Task<RemoteSegment> CopyAsync(RemoteStep step, BucketLog log, CancellationToken cancellationToken)
    {
        await storage.Turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var segment = log.Find(step.Segment.BaseOffset) is { } found && found.BaseOffset == step.Segment.BaseOffset && LocalLog.IsCopyable(found, log.HighWatermark) ? found
                : throw new GridException(GridErrorCode.StorageFailed, $"The segment at offset {step.Segment.BaseOffset} of bucket {bucket} went before it was copied; the next round copies what is there.");
            var index = RemoteIndex.Of(segment);
            var indexBytes = index.Write();
            var copy = new RemoteSegment
            {
                BaseOffset = segment.BaseOffset,
                From = step.From,
                EndOffset = segment.EndOffset,
                LastTimestampMs = segment.LastTimestampMs,
                Bytes = checked((int)segment.FileBytes),
                IndexBytes = indexBytes.Length,
                SchemaVersion = segment.SchemaVersion,
                LastEpoch = segment.Epochs[^1].Epoch,
                Nonce = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))),
                Hash = 0,
                IndexHash = XxHash3.HashToUInt64(indexBytes),
            };
            Doubt(copy);
            copy = copy with { Hash = await UploadAsync(segment, copy, cancellationToken).ConfigureAwait(false) };
            if (await _objects.TryCreateAsync(RemoteNames.IndexOf(bucket, copy), indexBytes, cancellationToken).ConfigureAwait(false) is null)
                throw Taken(RemoteNames.IndexOf(bucket, copy));
            storage.Indexes.Add(RemoteNames.IndexOf(bucket, copy), index);
            return copy;
        }
        finally
        {
            storage.Turns.Release();
        }
    }

    private async Task<ulong> UploadAsync(Segment segment, RemoteSegment copy, CancellationToken cancellationToken)
    {
        var file = segment.Acquire();
        try
        {
            // What a disk has spoilt is not to take the place of good copies on other nodes.
            await Task.Run(() => RequireWhole(segment, file), cancellationToken).ConfigureAwait(false);
            var name = RemoteNames.SegmentOf(bucket, copy);
            await using var upload = new SegmentUpload(file, copy.Bytes, storage.Pace, cancellationToken);
            if (await _objects.TryCreateFromAsync(name, upload, cancellationToken).ConfigureAwait(false) is null)
                throw Taken(name);
            return upload.IsComplete ? upload.Hash : throw new GridException(GridErrorCode.StorageFailed, $"Object '{name}' was made of a part of {segment.Path}; the next round copies it again.");
        }
        catch (IOException failure)
        {
            throw new GridException(GridErrorCode.StorageFailed, $"{segment.Path} cannot be copied: {failure.Message}", failure);
        }
        finally
        {
            segment.Release();
        }
    }

    private static void RequireWhole(Segment segment, Files.IFile file)
    {
        using var walk = new FrameWalk(file, segment.HeadLength, segment.FramesEnd, checkMessages: true);
        var frames = 0;
        while (walk.Next())
            frames++;
        if (walk.Damage is not null || frames != segment.Index.Count)
            throw SegmentRecovery.Corrupt(segment.Path, walk.NextPosition, walk.Damage ?? $"it has {frames} frames instead of {segment.Index.Count}");
    }

    private async Task<Known?> TryWriteAsync(RemoteManifest next, Known? known, CancellationToken cancellationToken)
    {
        var bytes = RemoteManifestFormat.Write(bucket, next);
        var tag = known is not null
            ? await _objects.TryReplaceAsync(RemoteNames.ManifestOf(bucket), bytes, known.Tag, cancellationToken).ConfigureAwait(false)
            : await _objects.TryCreateAsync(RemoteNames.ManifestOf(bucket), bytes, cancellationToken).ConfigureAwait(false);
        return tag is { } written ? _known = new Known(next, written) : null;
    }

    private async Task<Known?> ReadAsync(CancellationToken cancellationToken)
    {
        var content = await _objects.ReadAsync(RemoteNames.ManifestOf(bucket), cancellationToken).ConfigureAwait(false);
        if (content is null)
            return _known = null;
        var read = new Known(RemoteManifestFormat.Read(bucket, content), content.Tag);

        // A read that began before a change of ours may end behind it.
        if (_known is not { } known || read.Manifest.Change >= known.Manifest.Change)
            _known = read;
        return read;
    }

    /// <summary>Deletes what is nobody's. Called right behind a change of the manifest; what fails is tried again behind the next.</summary>
    private async Task CleanAsync(RemoteManifest manifest, CancellationToken cancellationToken)
    {
        if (_doubtful.Count == 0)
            return;
        _doubtful.Remove(RemoteNames.ManifestOf(bucket));
        foreach (var segment in manifest.Segments)
        {
            _doubtful.Remove(RemoteNames.SegmentOf(bucket, segment));
            _doubtful.Remove(RemoteNames.IndexOf(bucket, segment));
        }

        foreach (var name in _doubtful.ToArray())
        {
            await _objects.DeleteAsync(name, cancellationToken).ConfigureAwait(false);
            _doubtful.Remove(name);
            storage.Metrics.Deleted();
        }
    }

    private void Doubt(in RemoteSegment segment)
    {
        _doubtful.Add(RemoteNames.SegmentOf(bucket, segment));
        _doubtful.Add(RemoteNames.IndexOf(bucket, segment));
    }

    private static GridException Taken(string name) => new(GridErrorCode.StorageFailed, $"An object '{name}' is there already, though its name was drawn at random; the next round draws another.");

    private sealed record Known(RemoteManifest Manifest, ObjectTag Tag);
}
