namespace Grid.Abstractions;

/// <summary>Encoded keys end to end, with where each begins. Pooled: dispose to return the memory.</summary>
public sealed class EncodedKeys : IDisposable
{
    /// <summary>Number of keys.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>The bytes of key <paramref name="index"/>.</summary>
    public ReadOnlySpan<byte> this[int index] => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
