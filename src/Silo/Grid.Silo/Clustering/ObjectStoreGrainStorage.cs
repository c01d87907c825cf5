using Grid.Abstractions;
using Grid.Storage.Objects;
using Orleans.Runtime;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Grid.Silo.Clustering;

/// <summary>
/// Grain state in an object store: one object a grain and state, written under its tag, so of two activations that think they own a grain one gets
/// <see cref="InconsistentStateException"/>. The ETag is the object's tag. An outcome that the store does not know is found by reading.
/// </summary>
public sealed class ObjectStoreGrainStorage : IGrainStorage
{
    /// <summary>Largest state of one grain, in bytes.</summary>
    public const int StateBytesMax = 16 * 1024 * 1024;

    private readonly string _folder;
    private readonly IObjectStore _store;
    private readonly ConditionalWriter _writer;
    private readonly IGrainStorageSerializer _serializer;
    private readonly IActivatorProvider _activators;

    /// <summary>Makes the storage; objects lie under <c>grains/NAME/</c>.</summary>
    public ObjectStoreGrainStorage(string name, IObjectStore store, IGrainStorageSerializer serializer, IActivatorProvider activators)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(activators);
        _folder = $"grains/{ObjectSegment.Encode(name)}/";
        _store = store;
        _writer = new ConditionalWriter(store);
        _serializer = serializer;
        _activators = activators;
    }

    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        var name = NameOf(stateName, grainId);
        if (await _store.ReadAsync(name, cancellationToken).ConfigureAwait(false) is not { } content)
        {
            Forget(grainState);
            return;
        }

        var state = GrainStateObject.Read(name, grainId.ToString(), content.Bytes).State;
        grainState.State = _serializer.Deserialize<T>(BinaryData.FromBytes(state)) ?? NewState<T>();
        grainState.ETag = content.Tag.Value;
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        var name = NameOf(stateName, grainId);
        var grain = grainId.ToString();
        var state = _serializer.Serialize(grainState.State).ToMemory();
        if (state.Length > StateBytesMax)
            throw new GridException(GridErrorCode.TooLarge, $"The state '{stateName}' of {grain} has {state.Length} bytes; at most {StateBytesMax} are legal. Keep less in it, or use a table.");

        var mark = GrainStateObject.NewMark();
        var content = GrainStateObject.Write(grain, mark, state.Span);
        var tag = await _writer.TryWriteAsync(name, content, TagOf(grainState), present => GrainStateObject.Read(name, grain, present.Bytes).Mark == mark, cancellationToken)
            .ConfigureAwait(false);
        if (tag is null)
            throw await LostRaceAsync(name, grainState.ETag, cancellationToken).ConfigureAwait(false);
        grainState.ETag = tag.Value.Value;
        grainState.RecordExists = true;
    }

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    /// <inheritdoc/>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(grainState);
        var name = NameOf(stateName, grainId);
        var cleared = TagOf(grainState) is { } tag
            ? await TryDeleteAsync(name, tag, cancellationToken).ConfigureAwait(false)
            : await _store.ReadAsync(name, cancellationToken).ConfigureAwait(false) is null;
        if (!cleared)
            throw await LostRaceAsync(name, grainState.ETag, cancellationToken).ConfigureAwait(false);
        Forget(grainState);
    }

    private async Task<bool> TryDeleteAsync(string name, ObjectTag tag, CancellationToken cancellationToken)
    {
        try
        {
            return await _store.TryDeleteAsync(name, tag, cancellationToken).ConfigureAwait(false);
        }
        catch (GridException unknown) when (unknown.Code is GridErrorCode.StorageFailed or GridErrorCode.Timeout or GridErrorCode.Busy)
        {
            var present = await _store.ReadAsync(name, cancellationToken).ConfigureAwait(false);
            if (present is null)
                return true;
            if (present.Tag != tag)
                return false;
            throw;
        }
    }

    private async Task<InconsistentStateException> LostRaceAsync(string name, string? expected, CancellationToken cancellationToken)
    {
        var stored = (await _store.ReadAsync(name, cancellationToken).ConfigureAwait(false))?.Tag.Value;
        return new InconsistentStateException($"Another activation wrote the grain state '{name}' first; read it and decide anew.", stored ?? "none", expected ?? "none");
    }

    private void Forget<T>(IGrainState<T> grainState)
    {
        grainState.State = NewState<T>();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    private string NameOf(string stateName, GrainId grain) => $"{_folder}{ObjectSegment.Encode(stateName)}/{ObjectSegment.Encode(grain.ToString())}";

    private T NewState<T>() => _activators.GetActivator<T>().Create();

    private static ObjectTag? TagOf<T>(IGrainState<T> grainState) => string.IsNullOrEmpty(grainState.ETag) ? null : new ObjectTag(grainState.ETag);
}
